"""TEN019."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.core.tenancy import MutantFate
from tests.checks.privacy.trials import OWN, POLICIES, Shop, found, guarded_trial

PER_COMMAND = (
    "DROP POLICY own ON invoice",
    f"CREATE POLICY seen ON invoice FOR SELECT USING ({OWN})",
    f"CREATE POLICY added ON invoice FOR INSERT WITH CHECK ({OWN})",
    f"CREATE POLICY changed ON invoice FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})",
    f"CREATE POLICY removed ON invoice FOR DELETE USING ({OWN})",
)


def test_every_change_of_a_policy_for_all_commands_is_noticed(shop: Shop) -> None:
    shop.build(*POLICIES)
    isolation = shop.trial()
    assert {mutant.fate for mutant in isolation.mutants} == {MutantFate.CAUGHT}
    assert len(isolation.mutants) == 2 * 10
    assert found("TEN019", isolation) == []


def test_every_change_of_policies_for_single_commands_is_noticed(shop: Shop) -> None:
    shop.build(*POLICIES, *PER_COMMAND)
    changes = {mutant.change: mutant.fate.value for mutant in shop.trial().mutants if mutant.table == "invoice"}
    assert changes == dict.fromkeys(
        (
            "policy added WITH CHECK (true)", "policy added dropped", "policy changed USING (true)",
            "policy changed WITH CHECK (true)", "policy changed dropped", "policy removed USING (true)",
            "policy removed dropped", "policy seen USING (true)", "policy seen dropped",
            "a further policy for SELECT that is true", "a further policy for INSERT that is true",
            "a further policy for UPDATE that is true", "a further policy for DELETE that is true",
            "a further policy for SELECT of whoever names a tenant", "row-level security disabled",
            "row-level security not forced",
        ),
        "caught",
    )  # fmt: skip


def test_policy_that_nobody_needs_is_told_as_a_warning(shop: Shop) -> None:
    shop.build(*POLICIES, f"CREATE POLICY narrow ON invoice AS RESTRICTIVE USING ({OWN})")
    told = found("TEN019", shop.trial())
    assert told[0] == (
        "invoice: 'invoice' with a further policy for DELETE that is true is noticed by nothing:"
        " another policy asks for the tenant too"
    )


def test_database_is_left_as_it_was(shop: Shop) -> None:
    from tests.checks.privacy.trials import catalog_of

    shop.build(*POLICIES)
    shop.trial()
    before = catalog_of("postgresql", shop.database.superuser_url).fingerprint
    shop.trial()
    assert catalog_of("postgresql", shop.database.superuser_url).fingerprint == before


def test_every_change_of_the_guard_is_noticed_on_sqlite(tmp_path: Path) -> None:
    isolation = guarded_trial(tmp_path / "shop.db", "CREATE VIEW totals AS SELECT sum(gross) AS total FROM invoice")
    assert {mutant.fate for mutant in isolation.mutants} == {MutantFate.CAUGHT}
    assert len(isolation.mutants) == 2 * 4 + 1
