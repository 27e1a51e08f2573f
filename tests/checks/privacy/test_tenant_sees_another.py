"""TEN015."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.access import AccessRules, ObjectRights, RoleRule
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.tenancy import Attempt, TenancyRules
from tests.checks.privacy.trials import OWN, POLICIES, Shop, found, guarded_trial, subjects

ON = "ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
SEES_ALL = "nullif(current_setting('app.org_id', true), '') IS NOT NULL"


def test_tables_that_are_bound_to_the_tenant_are_in_order(shop: Shop) -> None:
    shop.build(*POLICIES)
    isolation = shop.trial()
    assert found("TEN015", isolation) == []
    assert dict(isolation.tried).keys() == {"customer", "invoice"}


@pytest.mark.parametrize("postgres_server", [14, 15, 17], indirect=True)
def test_table_without_row_security_is_found(shop: Shop, postgres_server: ScratchServer) -> None:
    shop.build(*POLICIES)
    shop.run("ALTER TABLE invoice DISABLE ROW LEVEL SECURITY")
    leaks = {leak.attempt for leak in shop.trial().leaks if leak.subject == "invoice"}
    assert leaks == {
        Attempt.UNNAMED, Attempt.READ, Attempt.COPY_OUT, Attempt.INSERT, Attempt.COPY_IN, Attempt.MOVE, Attempt.UPDATE,
        Attempt.DELETE, Attempt.OWNER, Attempt.UPSERT, *([Attempt.MERGE] if postgres_server.major >= 15 else []),
    }  # fmt: skip


def test_policies_dropped_entirely_are_found_though_a_superuser_sees_the_same_as_before(shop: Shop) -> None:
    """What suites that run as superuser miss: every policy gone, and nothing changes for them."""
    shop.build(*POLICIES)
    for table in ("customer", "invoice"):
        off = "DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
        shop.run(f"DROP POLICY own ON {table}", f"ALTER TABLE {table} {off}")
    assert subjects("TEN015", shop.trial()) == {"customer", "invoice"}


def test_policy_for_whoever_names_a_tenant_is_found(shop: Shop) -> None:
    shop.build(*POLICIES, f"CREATE POLICY careless ON invoice FOR SELECT USING ({SEES_ALL})")
    assert "invoice: 'invoice': a tenant may read rows of another, as the application: 2 rows seen by tenant '1'" in (
        found("TEN015", shop.trial())
    )


def test_row_security_that_is_not_forced_is_found_by_the_owner(shop: Shop) -> None:
    shop.build(*POLICIES, "ALTER TABLE invoice NO FORCE ROW LEVEL SECURITY")
    assert {leak.attempt for leak in shop.trial().leaks} == {Attempt.OWNER}


def test_view_with_the_rights_of_a_superuser_is_found(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run("CREATE VIEW every_invoice AS SELECT id, gross FROM invoice")
    assert subjects("TEN015", shop.trial()) == {"every_invoice"}


def test_sum_that_tells_of_another_tenants_rows_is_found(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run("CREATE VIEW turnover AS SELECT sum(gross) AS total FROM invoice")
    assert found("TEN015", shop.trial()) == [
        "turnover: 'turnover': a tenant may read rows of another, as the application: its answer to tenant '1' changes"
        " when only rows of others are gone"
    ]


def test_view_of_a_forced_table_is_in_order(shop: Shop) -> None:
    shop.build(*POLICIES, "CREATE VIEW own_invoice AS SELECT id, gross FROM invoice")
    assert found("TEN015", shop.trial()) == []


def test_materialized_view_that_the_matrix_grants_is_found(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run("CREATE MATERIALIZED VIEW total AS SELECT sum(gross) FROM invoice")
    rule = RoleRule("clerk", tables=ObjectRights((("total", ("SELECT",)),)))
    rules = TenancyRules(column="org_id", setting="app.org_id", role="clerk")
    assert subjects("TEN015", shop.trial(rules, AccessRules(roles=(rule,)))) == {"total"}


def test_definer_function_that_takes_a_key_of_another_tenant_is_found(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run(
        "CREATE FUNCTION gross_of(number bigint) RETURNS numeric LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT max(gross) FROM public.invoice WHERE id = number'"
    )
    assert subjects("TEN015", shop.trial()) == {"gross_of(bigint)"}


def test_function_with_the_rights_of_its_caller_is_in_order(shop: Shop) -> None:
    shop.build(
        *POLICIES,
        "CREATE FUNCTION gross_of(number bigint) RETURNS numeric LANGUAGE sql"
        " AS 'SELECT max(gross) FROM public.invoice WHERE id = number'",
    )
    assert found("TEN015", shop.trial()) == []


def test_partition_without_rows_is_tried_by_name(shop: Shop) -> None:
    shop.build(
        *POLICIES,
        "CREATE TABLE log (org_id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at)",
        "CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE TABLE log_2027 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        *(f"ALTER TABLE {name} {ON}" for name in ("log", "log_2026", "log_2027")),
        *(f"CREATE POLICY own ON {name} USING ({OWN})" for name in ("log", "log_2026")),
        f"CREATE POLICY own ON log_2027 USING ({SEES_ALL})",
    )
    shop.run("INSERT INTO log VALUES (1, '2026-02-01'), (2, '2026-02-01')")
    assert subjects("TEN015", shop.trial()) == {"log_2027"}


def test_guarded_tables_and_views_are_in_order_on_sqlite(tmp_path: Path) -> None:
    isolation = guarded_trial(
        tmp_path / "shop.db",
        "CREATE VIEW turnover AS SELECT sum(gross) AS total FROM invoice",
        "CREATE VIEW bigger (number) AS SELECT total FROM turnover WHERE total > 1",
    )
    assert isolation.leaks == ()
    assert dict(isolation.tried).keys() == {"customer", "invoice", "turnover", "bigger"}


@pytest.mark.parametrize("loss", ["customer", "turnover"])
def test_guard_that_reads_past_itself_is_found_on_sqlite(tmp_path: Path, loss: str) -> None:
    isolation = guarded_trial(tmp_path / "shop.db", "CREATE VIEW turnover AS SELECT sum(gross) AS total FROM invoice")
    (mutant,) = [m for m in isolation.mutants if m.table == loss and m.change == "no filter of what is read"]
    assert mutant.fate == "caught"
