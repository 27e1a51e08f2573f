"""The roles of a server, with their attributes and memberships; any role may read them."""

from __future__ import annotations

from pytest_dbops.core.access.roles import Membership, Role, Roles
from pytest_dbops.core.session import Session

ROLES = """
SELECT r.rolname AS name,
       pg_catalog.concat_ws(' ',
         CASE WHEN r.rolcanlogin THEN 'login' END,
         CASE WHEN r.rolsuper THEN 'superuser' END,
         CASE WHEN r.rolcreatedb THEN 'createdb' END,
         CASE WHEN r.rolcreaterole THEN 'createrole' END,
         CASE WHEN r.rolreplication THEN 'replication' END,
         CASE WHEN r.rolbypassrls THEN 'bypassrls' END
       ) AS attributes,
       (SELECT pg_catalog.json_agg(
          pg_catalog.json_build_array(g.rolname, {inherits}, m.admin_option, {given_by}) ORDER BY g.rolname, m.grantor
        )
        FROM pg_catalog.pg_auth_members AS m
        JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
        WHERE m.member = r.oid) AS member_of
FROM pg_catalog.pg_roles AS r
WHERE r.rolname NOT LIKE 'pg\\_%'
ORDER BY r.rolname
"""
_HAS_INHERIT_OPTION = (16, 0)


def read_roles(session: Session) -> Roles:
    """Return all roles but PostgreSQL's own, in one statement."""
    of_membership = session.identity.version >= _HAS_INHERIT_OPTION
    inherits = "m.inherit_option" if of_membership else "r.rolinherit"
    # Before, a membership was there once, and whoever might revoked it.
    given_by = "pg_catalog.pg_get_userbyid(m.grantor)" if of_membership else "''"
    rows = session.query(ROLES.format(inherits=inherits, given_by=given_by))
    return Roles(tuple(_role(str(row["name"]), str(row["attributes"]), row["member_of"]) for row in rows))


def _role(name: str, attributes: str, member_of: list[tuple[str, bool, bool, str]] | None) -> Role:
    merged: dict[str, Membership] = {}
    for role, inherits, may_grant, given_by in member_of or ():  # several grantors may have given one membership
        known = merged.get(role, Membership(role, False, False))
        grantors = (*known.given_by, given_by) if given_by else ()
        merged[role] = Membership(role, inherits or known.inherits, may_grant or known.may_grant, grantors)
    return Role(name, tuple(attributes.split()), tuple(merged.values()))
