"""Who may do what: privileges of an object, told apart from the defaults of its kind."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_dbops.core.frozen import frozen

PUBLIC = "PUBLIC"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One privilege of one role, held although the role does not own the object.

    ``grantor`` is empty when the owner gave it, which is the common case.
    """

    grantee: str
    privilege: str
    is_grantable: bool = False
    grantor: str = ""


@frozen
class Privileges:
    """Privileges on one object, after its defaults are applied.

    ``grants`` are those of other roles (``PUBLIC`` is spelled so), sorted. ``owner_lacks`` names
    the privileges that the owner took from itself. ``is_default`` is true when nobody ever changed
    anything, or when what was granted equals what the kind of object gives by default: an explicit
    grant equal to the default makes no difference.
    """

    grants: tuple[Grant, ...] = ()
    owner_lacks: tuple[str, ...] = ()
    is_default: bool = True

    def of(self, grantee: str) -> tuple[str, ...]:
        """Return the names of the privileges a role was granted directly, sorted."""
        return tuple(grant.privilege for grant in self.grants if grant.grantee == grantee)


NO_GRANTS = Privileges()
PUBLIC_EXECUTE = Privileges(grants=(Grant(PUBLIC, "EXECUTE"),))
PUBLIC_USAGE = Privileges(grants=(Grant(PUBLIC, "USAGE"),))


@frozen
class DefaultPrivilege:
    """What objects that a role will create are granted (``ALTER DEFAULT PRIVILEGES``).

    ``schema`` is empty for all schemas; ``kind`` is ``table``, ``sequence``, ``function``,
    ``type``, ``schema`` or ``large object``.
    """

    role: str
    schema: str
    kind: str
    grants: tuple[Grant, ...]
