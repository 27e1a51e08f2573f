"""Lift for a while what hides rows or judges them too late, and put it back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_dbops.core.catalog import Catalog, ExclusionConstraint, ForeignKey, KeyConstraint
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.product import product_of


@contextmanager
def without_forced_security(ground: Ground, catalog: Catalog) -> Iterator[tuple[str, ...]]:
    """Let the owner of tables see all rows, and write them, though row-level security is forced.

    Yields the tables that stay forced because the role does not own them, as people name them. The catalog is the
    same afterwards. Takes an exclusive lock on each such table until the transaction ends.
    """
    product = product_of(catalog)
    forced = {
        table.display: product.table(table.schema, table.name)
        for table in catalog.tables
        if table.row_security and table.force_row_security
    }
    stay: list[str] = []
    if forced and ground.attempt(*map(_unforce, forced.values())):  # all at once is the rule
        stay = [display for display, name in forced.items() if ground.attempt(_unforce(name))]
    lifted = [name for display, name in forced.items() if display not in stay]
    try:
        yield tuple(stay)
    finally:
        for name in lifted:
            ground.run(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


def _unforce(name: str) -> str:
    return f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"


def judged_now(catalog: Catalog) -> str:
    """Return the statement that has deferred rules judged at once, empty where there are none."""
    return "SET CONSTRAINTS ALL IMMEDIATE" if catalog.dialect == "postgresql" and _deferrable(catalog)[0] else ""


def judged_as_before(catalog: Catalog) -> str:
    """Return the statement that puts off again what was put off at first, empty where there is nothing."""
    names = _deferrable(catalog)[1] if catalog.dialect == "postgresql" else []
    return f"SET CONSTRAINTS {', '.join(names)} DEFERRED" if names else ""


def _deferrable(catalog: Catalog) -> tuple[bool, list[str]]:
    """Return whether there are rules that may be judged late, and the names of those that are from the start."""
    quote = product_of(catalog).quote_name
    is_any, names = False, []
    for table in catalog.tables:
        keys = filter(None, (table.primary_key, *table.unique_constraints))
        rules: list[KeyConstraint | ForeignKey | ExclusionConstraint]
        rules = [*table.foreign_keys, *keys, *table.exclusion_constraints]
        for rule in rules:
            is_any |= rule.is_deferrable
            if rule.is_initially_deferred:
                names.append(f"{quote(table.schema)}.{quote(rule.name)}")
        for trigger in table.triggers:
            is_any |= " DEFERRABLE " in trigger.definition
            if " INITIALLY DEFERRED " in trigger.definition and not trigger.is_inherited:
                names.append(f"{quote(table.schema)}.{quote(trigger.name)}")
    return is_any, sorted(set(names))
