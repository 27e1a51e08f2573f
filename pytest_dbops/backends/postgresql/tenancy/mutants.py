"""Take the protection of a table away, bit by bit, and demand that the attempts on it notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_dbops.backends.postgresql.tenancy.attempts import attempts
from pytest_dbops.backends.postgresql.tenancy.case import Case, Reach
from pytest_dbops.backends.postgresql.tenancy.stage import Stage, sure, sure_table, sure_text
from pytest_dbops.core.catalog import Policy, Table
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import Leak, Mutant, MutantFate
from pytest_dbops.core.tenancy.expressions import names_in

_MUTANT = "dbops_mutant"
_ADDED = {
    "SELECT": "USING (true)",
    "INSERT": "WITH CHECK (true)",
    "UPDATE": "USING (true) WITH CHECK (true)",
    "DELETE": "USING (true)",
}


@frozen
class Change:
    """One change: what it is called, its statement, and whether another policy is left that asks for the tenant."""

    told: str
    statement: str
    is_backed: bool = False


def changes_of(table: Table, target: str, column: str, setting: str) -> Iterator[Change]:
    """Yield every change that takes protection from a table; policies that do not ask for the tenant are left out."""
    if not table.row_security:
        return
    asking = [policy for policy in table.policies if _asks(policy, column)]
    for policy in asking:
        name = f"{sure(policy.name)} ON {target}"
        backed = any(other is not policy and _overlap(other, policy) for other in asking)
        yield Change(f"policy {policy.name} dropped", f"DROP POLICY {name}", backed)
        if policy.command != "INSERT":
            # What is written was held to USING where there is no WITH CHECK, and is held to it still.
            kept = policy.with_check or policy.using
            keeping = f" WITH CHECK ({kept})" if policy.command in ("ALL", "UPDATE") and kept else ""
            yield Change(f"policy {policy.name} USING (true)", f"ALTER POLICY {name} USING (true){keeping}", backed)
        if policy.command in ("ALL", "INSERT", "UPDATE"):
            yield Change(f"policy {policy.name} WITH CHECK (true)", f"ALTER POLICY {name} WITH CHECK (true)", backed)
    is_restricted = any(not policy.is_permissive for policy in asking)
    for command, clause in _ADDED.items():
        statement = f"CREATE POLICY {_MUTANT} ON {target} FOR {command} {clause}"
        yield Change(f"a further policy for {command} that is true", statement, is_restricted)
    named = f"nullif(pg_catalog.current_setting({sure_text(setting)}, true), '') IS NOT NULL"
    statement = f"CREATE POLICY {_MUTANT} ON {target} FOR SELECT USING ({named})"
    yield Change("a further policy for SELECT of whoever names a tenant", statement, is_restricted)
    yield Change("row-level security disabled", f"ALTER TABLE {target} DISABLE ROW LEVEL SECURITY")
    if table.force_row_security:
        yield Change("row-level security not forced", f"ALTER TABLE {target} NO FORCE ROW LEVEL SECURITY")


def run_mutants(stage: Stage, case: Case, reached: Sequence[Reach]) -> Iterator[Mutant]:
    """Make each change of one table and try everything again; what tells a change ends it.

    reached: what the unchanged table let the actor reach of its own rows. A change that takes that away is noticed
    too: an application that sees nothing is not one that keeps tenants apart.
    """
    tenant_table = case.rows.tenant_table
    for change in changes_of(tenant_table.table, sure_table(tenant_table), tenant_table.column, stage.setting):
        with stage.changed():
            answer = stage.ask(change.statement)
            if answer.sqlstate:
                yield Mutant(case.name, change.told, MutantFate.UNTRIED, answer.said)
                continue
            noticed = _noticed(stage, case, reached)
        fate = MutantFate.CAUGHT if noticed else MutantFate.SURVIVED
        told = noticed or ("another policy asks for the tenant too" if change.is_backed else "")
        yield Mutant(case.name, change.told, fate, told)


def _noticed(stage: Stage, case: Case, reached: Sequence[Reach]) -> str:
    for told in attempts(stage, case):
        if isinstance(told, Leak):
            return told.attempt.value
        if isinstance(told, Reach) and told not in reached:
            return f"its own rows are out of reach for {told.command}"
    return ""


def _asks(policy: Policy, column: str) -> bool:
    return any(column in names_in(text) for text in (policy.using, policy.with_check) if text)


def _overlap(one: Policy, other: Policy) -> bool:
    return "ALL" in (one.command, other.command) or one.command == other.command
