"""Read from the ledger what was seeded, as handles that tests can use."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_dbops.core.seeded import Keys, SeededOrganization
from pytest_dbops.seeding.ledger import read_ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_NAMED = ("users", "customers", "quotes", "invoices", "payments", "projects")


def seeded_organizations(bind: Engine | Connection) -> tuple[SeededOrganization, ...]:
    """Return a handle of each organization that seeders filled, by number; none where nothing was seeded.

    What seeders of the whole database noted is part of each; a project without organizations has one, number 0.
    """
    from sqlalchemy import Engine

    if isinstance(bind, Engine):
        with bind.connect() as connection:
            return seeded_organizations(connection)
    noted: dict[int, dict[str, Keys]] = {}
    for (_, organization), filled in read_ledger(bind).items():
        kinds = noted.setdefault(organization, {})
        for kind, keys in filled.keys.items():
            kinds[kind] = tuple(sorted((*kinds.get(kind, ()), *keys), key=_order))
    shared = noted.pop(0, {})
    if not noted and shared:
        noted[0] = {}
    return tuple(_handle(number, {**shared, **noted[number]}) for number in sorted(noted))


def _handle(number: int, keys: dict[str, Keys]) -> SeededOrganization:
    named = {kind: keys.get(kind, ()) for kind in _NAMED}
    return SeededOrganization(number, **named, keys=MappingProxyType(keys))


def _order(key: int | str) -> tuple[bool, int | str]:
    return isinstance(key, str), key
