"""Functions of extensions that checks read pages with: are they here, and may the role call them?"""

from __future__ import annotations

from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.session import Session, Statistics

_MAY = "SELECT pg_catalog.has_function_privilege({signature}, 'EXECUTE')"


def require_extension(statistics: Statistics, name: str) -> str:
    """Return the schema an extension is installed in; raises DoesNotApply when this database does without it."""
    for row in statistics.rows("extensions"):
        if row["name"] == name:
            return str(row["schema"])
    raise DoesNotApply(f"the extension {name} is not installed in this database (CREATE EXTENSION {name};)")


def sure_function(session: Session, schema: str, name: str, *arguments: str) -> str:
    """Return the quoted name of a function; raises MissingPrivilege when the role may not call it."""
    signature = f"{sure_name(schema, name)}({', '.join(arguments)})"
    if not session.scalar(_MAY.replace("{signature}", sure_text(signature))):
        role = session.identity.role
        raise MissingPrivilege(
            f"role {role!r} may not call {name} (run as superuser: GRANT EXECUTE ON FUNCTION {signature} TO "
            f"{sure_name(role)};)"
        )
    return sure_name(schema, name)
