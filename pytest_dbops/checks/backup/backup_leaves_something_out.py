"""BAK010."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups, listed
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.access import Roles
from pytest_dbops.core.backups import BackupForm, BackupRecord, ContentKind
from pytest_dbops.core.catalog import Catalog, Persistence, TableKind
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity

_NOT_DUMPED = {"plpgsql"}
"""Extensions that come with every new database, which pg_dump therefore leaves out."""

_SERVERS_OWN = {"template0", "template1", "postgres"}
_PLURAL = {
    ContentKind.DATABASE: "databases",
    ContentKind.ROLE: "roles",
    ContentKind.TABLE: "tables",
    ContentKind.ROWS: "tables' rows",
    ContentKind.SEQUENCE: "sequences",
    ContentKind.EXTENSION: "extensions",
}
_OF_THE_SERVER = (ContentKind.DATABASE, ContentKind.ROLE)
_HINTS = {
    ContentKind.ROLE: "back up the roles, too: pg_dumpall --globals-only",
    ContentKind.DATABASE: "back it up, too, or name it in ignore of [checks.BAK010]",
}
_HINT = "take the filter out of the backup (--table, --schema, --exclude-...), or make one now if it is newer"
_EVIDENCE = 20


@check(
    "BAK010",
    category="backup",
    severity=Severity.WARNING,
    kinds=RUNTIME_KINDS,
    settings={"also": (), "ignore": ()},
)
def backup_leaves_something_out(
    backups: BackupCatalog, catalog: Catalog, statistics: Statistics, roles: Roles, session: Session, settings: Settings
) -> Iterator[Finding]:
    """The database has something that is in no backup.

    It is missing after a restore, and nobody knows until then: the roles, which pg_dump does not write; large objects,
    which a dump of some tables leaves out; a sequence, so that numbers are given twice; the rows of a table whose
    definition is there; another database of the server. The table of contents of the newest backup is held against the
    database as it is now, and for roles and databases the contents of all. A physical backup holds all of them. `also`
    names further databases that must be there (on SQLite the files that the application attaches); `ignore` names what
    need not be, by kind, as in `["role:report_*", "database:scratch", "rows:public.cache"]`.

    Take the filter out of the backup, and back up the roles beside it: `pg_dumpall --globals-only`. What was made after
    the newest backup is in the next one.
    """
    known = known_backups(backups)
    if known and known[0].form is BackupForm.PHYSICAL:
        return
    last = _newest_of_this(known, session.identity.database)
    has_server = any(backup.form is BackupForm.PHYSICAL for backup in known)
    untold: list[str] = []
    for kind, names in _things(catalog, statistics, roles, session, settings).items():
        if has_server and kind in _OF_THE_SERVER:
            continue
        held = _held(known if kind in _OF_THE_SERVER else [last], kind)
        wanted = {name for name in names if not _is_ignored(kind, name, settings)}
        if held is None:
            untold += [_PLURAL[kind]] if wanted else []
        elif missing := sorted(wanted - held):
            yield _left_out(kind, missing, last)
    number = statistics.rows("large_objects")[0]["number"] if catalog.dialect == "postgresql" else 0
    if number and last.contents is not None and last.contents.large_objects is None:
        untold.append("large objects")
    elif number and last.contents is not None and not last.contents.large_objects:
        yield Finding(
            "large objects",
            f"the database has {number} large objects, and backup {last.name!r} has none",
            hint="dump with --large-objects (--blobs before PostgreSQL 16)",
        )
    if untold:
        raise CannotJudge(f"the catalogue does not say which {', '.join(untold)} are in backup {last.name!r}")


def _newest_of_this(known: Sequence[BackupRecord], database: str) -> BackupRecord:
    """Return the newest backup that holds this database, else the newest of all: roles are often in one of their own.

    Raises CannotJudge where there is none, or where the catalogue knows the contents of none.
    """
    if not known:
        raise CannotJudge("there is no backup (see BAK001)")
    told = [backup for backup in known if backup.contents is not None]
    if not told:
        raise CannotJudge(f"the catalogue does not say what is in backup {known[0].name!r}")
    return next((each for each in told if database in (_held([each], ContentKind.DATABASE) or ())), told[0])


def _things(
    catalog: Catalog, statistics: Statistics, roles: Roles, session: Session, settings: Settings
) -> Mapping[ContentKind, set[str]]:
    """Return the names of what the database and its server have, by kind."""
    databases = {session.identity.database, *settings.words("also")}
    if catalog.dialect == "postgresql":
        databases |= {row["name"] for row in statistics.rows("ages") if row["may_connect"]} - _SERVERS_OWN
    tables = list(stored_tables(catalog))
    return {
        ContentKind.DATABASE: databases,
        ContentKind.ROLE: {role.name for role in roles.roles},
        ContentKind.TABLE: {_name(catalog, each.schema, each.name) for each in tables},
        ContentKind.ROWS: {
            _name(catalog, each.schema, each.name)
            for each in tables
            if each.kind is TableKind.PLAIN and each.persistence is Persistence.PERMANENT
        },
        ContentKind.SEQUENCE: {_name(catalog, each.schema, each.name) for each in catalog.sequences},
        ContentKind.EXTENSION: {each.name for each in catalog.extensions} - _NOT_DUMPED,
    }


def _name(catalog: Catalog, schema: str, name: str) -> str:
    return name if catalog.dialect == "sqlite" else f"{schema}.{name}"


def _held(backups: Sequence[BackupRecord], kind: ContentKind) -> frozenset[str] | None:
    """Return the names of a kind that these backups hold; None when no catalogue says so of any."""
    told = [each.contents.names[kind] for each in backups if each.contents and kind in each.contents.names]
    return frozenset().union(*told) if told else None


def _is_ignored(kind: ContentKind, name: str, settings: Settings) -> bool:
    return any(fnmatchcase(f"{kind.name.lower()}:{name}", pattern) for pattern in settings.words("ignore"))


def _left_out(kind: ContentKind, missing: list[str], last: BackupRecord) -> Finding:
    place = "are in no backup" if kind in _OF_THE_SERVER else f"are not in backup {last.name!r}"
    return Finding(
        _PLURAL[kind],
        f"{len(missing)} {_PLURAL[kind]} {place}: {listed(missing)}",
        hint=_HINTS.get(kind, _HINT),
        evidence=tuple({"name": name} for name in missing[:_EVIDENCE]),
    )
