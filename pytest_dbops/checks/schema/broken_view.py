"""SCH030."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, View
from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_AT_ONCE = 250

# Bodies kept as text are looked at when they run; those of BEGIN ATOMIC are bound (PostgreSQL manual, pg_proc).
# A function with a search_path of its own cannot be judged under another one, so it is left out.
_FUNCTIONS = """
SELECT
  p.oid AS id,
  n.nspname AS schema,
  p.proname AS name,
  pg_get_function_identity_arguments(p.oid) AS arguments,
  CAST(:schemas AS text[]) <@ current_schemas(FALSE)::text[] AS sees_all
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE l.lanname = 'sql'
  AND p.prosqlbody IS NULL
  AND n.nspname = ANY (CAST(:schemas AS text[]))
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, p.proname, arguments
"""


@check("SCH030", category="schema", severity=Severity.ERROR, privilege=Privilege.SELECT, is_static=True)
def broken_view(catalog: Catalog, session: Session) -> Iterator[Finding]:
    """A view or an SQL function no longer compiles, or a materialized view is empty of data.

    Whoever reads it gets an error, mostly at the end of the month. On SQLite a view breaks when a table or column
    it names is renamed or dropped; on PostgreSQL a view breaks with a function or a library behind it, and a
    function whose body is text breaks like a view on SQLite. A materialized view made WITH NO DATA refuses every
    query until it is refreshed. Each view is planned and each function compiled; nothing is run.

    Create it anew against the tables as they are; REFRESH MATERIALIZED VIEW.
    """
    for view in catalog.views:
        if view.is_materialized and not view.is_populated:
            yield _unpopulated(view)
    things = [_view(view, session.dialect) for view in catalog.views if view.is_populated]
    if session.dialect == "postgresql":
        things += _functions(catalog, session)
    hidden: list[MissingPrivilege] = []
    for thing, fault in _broken(session, things):
        if isinstance(fault, MissingPrivilege):
            hidden.append(fault)
        else:
            yield Finding(
                thing.display,
                f"{thing.kind} {thing.display!r} does not compile: {fault}",
                hint=f"create {thing.kind} {thing.display!r} anew, or drop it",
                severity=thing.severity,
            )
    if hidden:
        raise hidden[0]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A thing to compile; `term` compiles it, alone or joined to others by UNION ALL."""

    kind: str
    display: str
    term: str
    severity: Severity = Severity.ERROR


def _unpopulated(view: View) -> Finding:
    return Finding(
        view.display,
        f"materialized view {view.display!r} holds no data: every query on it fails",
        hint=f"REFRESH MATERIALIZED VIEW {view.quoted};",
        identity="unpopulated",
    )


def _view(view: View, dialect: str) -> _Compiled:
    if dialect == "sqlite":
        term = f"SELECT count(*) FROM {sure_name(view.name)}"  # noqa: S608  # a quoted name
    else:
        # The whole row, so that the planner drops no column unseen.
        term = f"SELECT count(v) FROM {sure_name(view.schema, view.name)} AS v"  # noqa: S608  # a quoted name
    return _Compiled("view", view.display, term)


def _functions(catalog: Catalog, session: Session) -> Iterator[_Compiled]:
    schemas = sorted({routine.schema for routine in catalog.routines})
    for row in session.query(_FUNCTIONS, {"schemas": schemas}) if schemas else ():
        schema = "" if row["schema"] == catalog.default_schema else f"{row['schema']}."
        yield _Compiled(
            "function",
            f"{schema}{row['name']}({row['arguments']})",
            f"SELECT count(fmgr_sql_validator({row['id']:d}))",
            # A caller may have a search_path on which the body's names are found.
            Severity.ERROR if row["sees_all"] else Severity.WARNING,
        )


def _broken(session: Session, things: Sequence[_Compiled]) -> Iterator[tuple[_Compiled, CannotJudge]]:
    """Yield what does not compile: many are asked at once, and one by one only where that fails."""
    for kind in ("view", "function"):
        of_kind = [thing for thing in things if thing.kind == kind]
        for start in range(0, len(of_kind), _AT_ONCE):
            batch = of_kind[start : start + _AT_ONCE]
            if _fault(session, batch) is not None:
                faults = ((thing, _fault(session, [thing])) for thing in batch)
                yield from ((thing, fault) for thing, fault in faults if fault is not None)


def _fault(session: Session, things: Sequence[_Compiled]) -> CannotJudge | None:
    """Return what the server says of these things, None when they compile; raises when the session is over."""
    explain = "EXPLAIN " if things[0].kind == "view" else ""
    try:
        session.query(explain + " UNION ALL ".join(thing.term for thing in things))
    except CannotJudge as fault:
        if type(fault) not in (CannotJudge, MissingPrivilege):
            raise
        session.scalar("SELECT 1")
        return fault
    return None
