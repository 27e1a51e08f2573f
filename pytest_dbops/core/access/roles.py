"""The roles of a server, as they are."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.access.rules import ATTRIBUTES
from pytest_dbops.core.frozen import frozen


@frozen
class Membership:
    """A role that another belongs to; `inherits` tells whether its rights are there without SET ROLE.

    given_by: the roles that gave it, where each has to take back its own (PostgreSQL 16 and newer); else empty.
    """

    role: str
    inherits: bool = True
    may_grant: bool = False
    given_by: tuple[str, ...] = ()


@frozen
class Role:
    """A role with its attributes (names of `ATTRIBUTES`) and what it belongs to, sorted."""

    name: str
    attributes: tuple[str, ...] = ()
    member_of: tuple[Membership, ...] = ()

    def has(self, attribute: str) -> bool:
        """Whether it has an attribute."""
        assert attribute in ATTRIBUTES
        return attribute in self.attributes

    @property
    def passes_by_policies(self) -> bool:
        """Whether row-level security is not asked when this role reads or writes."""
        return self.has("superuser") or self.has("bypassrls")


@frozen
class Roles:
    """All roles of a server, by name; those that PostgreSQL itself brings along are left out."""

    roles: tuple[Role, ...] = ()

    def role(self, name: str) -> Role | None:
        """Return one role; None where there is none of that name."""
        return next((role for role in self.roles if role.name == name), None)

    def acts_as(self, name: str) -> frozenset[str]:
        """Return the roles whose rights a role has, its own among them: memberships of memberships count."""
        return frozenset(self._reached(name, set()))

    def _reached(self, name: str, seen: set[str]) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        yield name
        role = self.role(name)
        for each in role.member_of if role else ():
            yield from self._reached(each.role, seen)
