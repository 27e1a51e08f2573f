"""TEN016."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.tenancy import Attempt, TenancyRules
from tests.checks.privacy.trials import OWN, POLICIES, Shop, found, guarded_trial

SHARED = TenancyRules(column="org_id", setting="app.org_id", shared=("template",))
TEMPLATE = "CREATE TABLE template (org_id bigint, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)"
ISOLATED = "ALTER TABLE template ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"


def test_tables_that_are_bound_to_the_tenant_are_in_order(shop: Shop) -> None:
    shop.build(*POLICIES)
    assert found("TEN016", shop.trial()) == []


@pytest.mark.parametrize(
    ("policy", "attempts"),
    [
        ("FOR INSERT WITH CHECK (true)", {Attempt.INSERT}),
        ("FOR UPDATE USING (true) WITH CHECK (true)", {Attempt.UPDATE, Attempt.MOVE}),
        (f"FOR UPDATE USING ({OWN}) WITH CHECK (true)", {Attempt.MOVE}),
        ("FOR DELETE USING (true)", {Attempt.DELETE}),
    ],
)
def test_policy_that_is_true_for_a_command_is_found(shop: Shop, policy: str, attempts: set[Attempt]) -> None:
    shop.build(*POLICIES, f"CREATE POLICY careless ON invoice {policy}")
    leaks = {leak.attempt for leak in shop.trial().leaks if leak.attempt.writes}
    assert attempts <= leaks
    assert len(found("TEN016", shop.trial())) == len(leaks)


def test_rows_of_all_tenants_that_one_of_them_may_write_are_found(shop: Shop) -> None:
    shop.build(*POLICIES, TEMPLATE, ISOLATED, f"CREATE POLICY own ON template USING (org_id IS NULL OR {OWN})")
    shop.run("INSERT INTO template (org_id, body) VALUES (1, 'x'), (2, 'y')")
    leaks = {leak.attempt for leak in shop.trial(SHARED).leaks}
    assert leaks == {Attempt.INSERT, Attempt.UPDATE, Attempt.DELETE}


def test_rows_of_all_tenants_that_are_only_read_are_in_order(shop: Shop) -> None:
    shop.build(
        *POLICIES, TEMPLATE, ISOLATED, f"CREATE POLICY own ON template USING ({OWN})",
        "CREATE POLICY shared ON template FOR SELECT USING (org_id IS NULL)",
    )  # fmt: skip
    shop.run("INSERT INTO template (org_id, body) VALUES (1, 'x'), (2, 'y')")
    isolation = shop.trial(SHARED)
    assert (found("TEN016", isolation), found("TEN017", isolation), isolation.survivors) == ([], [], ())


@pytest.mark.parametrize(("using", "attempts"), [(OWN, set()), ("true", {Attempt.UPSERT})])
def test_row_that_a_key_without_the_tenant_lets_be_taken_over_is_found(
    shop: Shop, using: str, attempts: set[Attempt]
) -> None:
    shop.build(
        *POLICIES, "CREATE TABLE mail (org_id bigint NOT NULL, id bigint PRIMARY KEY, address text)",
        "CREATE UNIQUE INDEX one_address ON mail (address)", "ALTER TABLE mail ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE mail FORCE ROW LEVEL SECURITY", f"CREATE POLICY own ON mail USING ({using}) WITH CHECK ({OWN})",
    )  # fmt: skip
    shop.run("INSERT INTO mail VALUES (1, 1, 'a'), (2, 2, 'b')")
    isolation = shop.trial()
    assert {leak.attempt for leak in isolation.leaks} & {Attempt.UPSERT, Attempt.INSERT} == attempts
    assert isolation.unproved == ()


@pytest.mark.parametrize("postgres_server", [17], indirect=True)
def test_rows_that_merge_reaches_are_found(shop: Shop) -> None:
    shop.build(
        *POLICIES, "CREATE POLICY seen ON invoice FOR SELECT USING (true)",
        "CREATE POLICY gone ON invoice FOR DELETE USING (true)", "CREATE VIEW bill AS SELECT * FROM invoice",
    )  # fmt: skip
    isolation = shop.trial()
    assert {leak.subject for leak in isolation.leaks if leak.attempt is Attempt.MERGE} == {"invoice"}
    shop.run("CREATE VIEW every_invoice AS SELECT * FROM invoice")
    leaks = {leak.attempt for leak in shop.trial().leaks if leak.subject == "every_invoice"}
    assert leaks >= {Attempt.MERGE, Attempt.UPSERT}


@pytest.mark.parametrize(("rights", "subjects"), [("SECURITY DEFINER", {"purge(bigint)"}), ("", set())])
def test_routine_that_changes_rows_of_another_and_answers_nothing_is_found(
    shop: Shop, rights: str, subjects: set[str]
) -> None:
    shop.build(*POLICIES)
    shop.run(
        f"CREATE FUNCTION purge(number bigint) RETURNS void LANGUAGE sql {rights}"
        " AS 'UPDATE public.invoice SET gross = 0 WHERE id = number'"
    )
    isolation = shop.trial()
    assert {leak.subject for leak in isolation.leaks if leak.attempt is Attempt.CALL_WRITES} == subjects
    assert {leak.subject for leak in isolation.leaks} == subjects


def test_view_that_writes_with_the_rights_of_a_superuser_is_found(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run("CREATE VIEW every_invoice AS SELECT * FROM invoice")
    leaks = {leak.attempt for leak in shop.trial().leaks if leak.subject == "every_invoice"}
    assert leaks >= {Attempt.READ, Attempt.INSERT, Attempt.UPDATE, Attempt.DELETE}


def test_triggers_and_foreign_keys_have_no_say(shop: Shop) -> None:
    shop.build(
        *POLICIES,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'frozen'; END$$",
        "CREATE POLICY careless ON invoice FOR DELETE USING (true)",
    )
    shop.run("ALTER TABLE customer ADD FOREIGN KEY (org_id, id) REFERENCES invoice NOT VALID")
    shop.run("CREATE TRIGGER frozen BEFORE DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION refuse()")
    # A MERGE that names no column of the table asks no policy but that of the DELETE, either.
    assert {leak.attempt for leak in shop.trial().leaks} - {Attempt.MERGE} == {Attempt.DELETE}


def test_guard_lets_nothing_be_written_for_another_on_sqlite(tmp_path: Path) -> None:
    isolation = guarded_trial(
        tmp_path / "shop.db",
        "CREATE TABLE template (org_id integer, id integer PRIMARY KEY, body text)",
        "INSERT INTO template (org_id, body) VALUES (1, 'x'), (2, 'y')",
        rules=SHARED,
    )
    assert found("TEN016", isolation) == []
    assert {mutant.fate.value for mutant in isolation.mutants} == {"caught"}
    assert len(isolation.mutants) == 3 * 4


@pytest.mark.parametrize(("clause", "attempts"), [("", set()), ("ON CONFLICT REPLACE", {Attempt.UPSERT})])
def test_row_that_a_key_without_the_tenant_replaces_is_found_on_sqlite(
    tmp_path: Path, clause: str, attempts: set[Attempt]
) -> None:
    isolation = guarded_trial(
        tmp_path / "shop.db",
        f"CREATE TABLE mail (org_id integer NOT NULL, id integer PRIMARY KEY, address text UNIQUE {clause})",
        "INSERT INTO mail VALUES (1, 1, 'a'), (2, 2, 'b')",
    )
    assert {leak.attempt for leak in isolation.leaks} == attempts
