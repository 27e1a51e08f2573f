"""SCH019."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.core.catalog import PUBLIC, Catalog, Routine, RoutineKind, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

_BOUND_AT_CREATION = re.compile(r"\s*(?:BEGIN\s+ATOMIC|RETURN)\b", re.IGNORECASE)


@check("SCH019", category="schema", severity=Severity.ERROR, backends=("postgresql",))
def security_definer_without_search_path(catalog: Catalog) -> Iterator[Finding]:
    """A SECURITY DEFINER routine looks names up where its caller says.

    It runs with the rights of its owner. Without a search_path of its own, a caller puts a schema in front that
    holds a table, function or operator of the right name, and has it run with those rights. Routines that nobody
    but the owner may execute are a warning; a path with a schema in which everyone may create, too. Routines in C
    and bodies whose names are bound when they are created (BEGIN ATOMIC) are left out.

    Give the routine a search_path of trusted schemas, pg_temp last (PostgreSQL manual, CREATE FUNCTION).
    """
    open_schemas = {schema.name for schema in catalog.schemas if "CREATE" in schema.privileges.of(PUBLIC)}
    for routine in catalog.routines:
        if not routine.is_security_definer or _is_bound(routine):
            continue
        path = routine.setting("search_path")
        if path is None:
            yield _finding(routine, "has no search_path of its own", Severity.ERROR)
        elif unsafe := sorted(open_schemas & set(_schemas(path))):
            yield _finding(routine, f"searches schema {unsafe[0]!r}, in which everyone may create", Severity.WARNING)


def _is_bound(routine: Routine) -> bool:
    if routine.language in ("c", "internal"):
        return True
    return routine.language == "sql" and bool(_BOUND_AT_CREATION.match(routine.source))


def _schemas(path: str) -> list[str]:
    return [part.strip().strip('"') for part in path.split(",")]


def _finding(routine: Routine, fault: str, severity: Severity) -> Finding:
    kind = "PROCEDURE" if routine.kind is RoutineKind.PROCEDURE else "FUNCTION"
    is_callable = bool(routine.privileges.grants)
    path = f"pg_catalog, {quote_identifier(routine.schema)}, pg_temp"
    return Finding(
        routine.signature,
        f"SECURITY DEFINER {kind.lower()} {routine.signature!r} of role {routine.owner!r} {fault}",
        hint=f"ALTER {kind} {routine.quoted} SET search_path = {path};",
        severity=severity if is_callable else min(severity, Severity.WARNING),
    )
