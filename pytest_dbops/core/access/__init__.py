"""Who may do what: the declared matrix of roles, the roles that exist, and how the two differ."""

from pytest_dbops.core.access.roles import Membership, Role, Roles
from pytest_dbops.core.access.rules import ATTRIBUTES, RIGHTS, AccessRules, ObjectRights, RoleRule

__all__ = ["ATTRIBUTES", "RIGHTS", "AccessRules", "Membership", "ObjectRights", "Role", "RoleRule", "Roles"]
