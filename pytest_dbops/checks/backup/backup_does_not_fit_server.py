"""BAK011."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import newest
from pytest_dbops.core.backups import BackupForm, BackupRecord, BackupSource, Collation
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity

_EXTENSIONS = "SELECT name, version FROM pg_catalog.pg_available_extension_versions"

# A collation of initdb has the name of its locale; ICU makes one of any language tag, "C" and "POSIX" are everywhere.
_COLLATIONS = """
SELECT
  c.collname AS name,
  CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE '' END AS provider,
  coalesce(CAST(c.collcollate AS text), to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', '') AS locale,
  coalesce(pg_catalog.pg_collation_actual_version(c.oid), '') AS version
FROM pg_catalog.pg_collation AS c
WHERE c.collencoding IN (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding()))
ORDER BY 1
"""
_SAME_EVERYWHERE = ("C", "POSIX", "C.UTF-8", "C.utf8")


@check("BAK011", category="backup", severity=Severity.ERROR, kinds=RUNTIME_KINDS)
def backup_does_not_fit_server(
    backups: BackupCatalog, catalog: Catalog, session: Session, statistics: Statistics
) -> Iterator[Finding]:
    """The newest backup cannot be restored to the server that is there, or not to the same state.

    It was made of another server than the one that runs now: before an upgrade or a move, or by a program beside it.
    Errors: another product; a newer major version than the server's (a physical backup wants the same one); an
    extension whose files the server does not have; a locale it does not know; for a physical backup, another version
    of a collation, since indexes are taken over as they are. Warnings: the version of an extension, the encoding, the
    database's collation, or the version of one, is another than the server's, so that what is restored is not quite
    what was. On SQLite: another encoding or page size, or a newer version.

    Make a backup of what runs now, and keep a server of the old kind for as long as its backups are kept.
    """
    last = newest(backups)
    source = last.source
    if source is None:
        raise CannotJudge(f"the catalogue does not say of which server backup {last.name!r} was made")
    if source.dialect != catalog.dialect:
        yield Finding(
            "product",
            f"backup {last.name!r} is of {source.dialect}, and the environment is on {catalog.dialect}",
            hint="look which backups the catalogue of this environment lists",
        )
        return
    yield from _version(last, source, session)
    if catalog.dialect == "sqlite":
        yield from _file(last, source, statistics)
        return
    yield from _encoding(last, source.encoding, catalog.database.encoding)
    yield from _extensions(last, source, session)
    yield from _collations(last, source, catalog, session)


def _version(last: BackupRecord, source: BackupSource, session: Session) -> Iterator[Finding]:
    theirs, ours = source.version, session.identity.version
    is_file = last.form is BackupForm.FILE
    is_newer = theirs > ours if is_file else theirs[0] > ours[0]
    is_other = last.form is BackupForm.PHYSICAL and theirs[0] != ours[0]
    if is_newer or is_other:
        wanted = "needs the same major version" if is_other else "may use what an older one does not know"
        yield Finding(
            "version",
            f"backup {last.name!r} is of version {theirs[0]}.{theirs[1]} and {wanted}; the server is "
            f"{session.identity.server}",
            hint="restore it to a server of its own version, or make a backup of what runs now",
            evidence=({"backup": list(theirs), "server": list(ours)},),
            severity=Severity.WARNING if is_file else Severity.ERROR,
        )


def _file(last: BackupRecord, source: BackupSource, statistics: Statistics) -> Iterator[Finding]:
    yield from _encoding(last, source.encoding, statistics.settings["encoding"])
    page_bytes = int(statistics.settings["page_size"])
    if source.page_bytes and source.page_bytes != page_bytes:
        yield Finding(
            "page size",
            f"backup {last.name!r} has pages of {source.page_bytes} bytes, and the file has pages of {page_bytes}; a "
            "copy into a file that is in WAL mode fails",
            hint="restore it to a new file, and put that in its place",
            severity=Severity.WARNING,
        )


def _encoding(last: BackupRecord, theirs: str, ours: str) -> Iterator[Finding]:
    if theirs != ours:
        yield Finding(
            "encoding",
            f"backup {last.name!r} has texts in {theirs}, and the database has them in {ours}",
            hint=f"restore it to a database that is made with encoding {theirs!r}",
            severity=Severity.WARNING,
        )


def _extensions(last: BackupRecord, source: BackupSource, session: Session) -> Iterator[Finding]:
    available: dict[str, set[str]] = {}
    for row in session.query(_EXTENSIONS) if source.extensions else ():
        available.setdefault(row["name"], set()).add(row["version"])
    for name, version in sorted(source.extensions.items()):
        if name not in available:
            yield Finding(
                f"extension {name}",
                f"backup {last.name!r} needs extension {name!r} ({version}), whose files the server does not have",
                hint=f"install the server's package that brings {name!r}",
                identity=name,
            )
        elif version not in available[name]:
            yield Finding(
                f"extension {name}",
                f"backup {last.name!r} has extension {name!r} in version {version}; the server can make "
                f"{', '.join(sorted(available[name]))}",
                hint="rehearse a restore with the version that will be there",
                evidence=({"backup": version, "server": [*sorted(available[name])]},),
                identity=name,
                severity=Severity.WARNING,
            )


def _collations(last: BackupRecord, source: BackupSource, catalog: Catalog, session: Session) -> Iterator[Finding]:
    known = [
        (row["name"], Collation(row["provider"], row["locale"], row["version"]))
        for row in (session.query(_COLLATIONS) if source.collation or source.collations else ())
    ]
    here = _own(catalog)
    if source.collation is not None and _key(source.collation) != _key(here):
        yield Finding(
            "collation",
            f"the database of backup {last.name!r} sorts by {_told(source.collation)}, this one by {_told(here)}",
            hint="restore it to a database that is made with the locale of the backup",
            severity=Severity.WARNING,
        )
    named = dict(source.collations) | ({"": source.collation} if source.collation else {})
    for name, collation in sorted(named.items()):
        yield from _collation(last, name, collation, known)


def _collation(
    last: BackupRecord, name: str, theirs: Collation, known: list[tuple[str, Collation]]
) -> Iterator[Finding]:
    what = f"collation {name!r}" if name else "the database's collation"
    subject = f"collation {name}" if name else "collation"
    if theirs.provider == "builtin" or theirs.locale in _SAME_EVERYWHERE:
        return
    same = [each for each_name, each in known if each.provider == theirs.provider and _is(theirs, each_name, each)]
    has_provider = any(each.provider == theirs.provider for _, each in known)
    if not same and (theirs.provider == "libc" or not has_provider):
        yield Finding(
            subject,
            f"{what} of backup {last.name!r} is {_told(theirs)}, which the server does not know",
            hint="install the locale in the server's operating system, then: SELECT"
            " pg_import_system_collations('pg_catalog');",
            identity="locale",
        )
    versions = {each.version for each in same if each.version}
    if theirs.version and versions and theirs.version not in versions:
        is_taken_over = last.form is BackupForm.PHYSICAL
        effect = (
            "indexes are taken over in the old order" if is_taken_over else "texts sort differently after a restore"
        )
        yield Finding(
            subject,
            f"{what} of backup {last.name!r} has version {theirs.version}, the server's {', '.join(sorted(versions))}: "
            f"{effect}",
            hint="after a restore REINDEX what sorts texts, and look for keys that are there twice",
            identity="version",
            severity=Severity.ERROR if is_taken_over else Severity.WARNING,
        )


def _is(theirs: Collation, name: str, ours: Collation) -> bool:
    return _spelled(theirs.locale) in (_spelled(name), _spelled(ours.locale))


def _own(catalog: Catalog) -> Collation:
    database = catalog.database
    return Collation(database.locale_provider or "libc", database.locale or database.collate)


def _key(collation: Collation) -> tuple[str, str]:
    return collation.provider, _spelled(collation.locale)


def _spelled(locale: str) -> str:
    """Return a locale as it compares: `en_US.UTF-8` and `en_US.utf8` are one."""
    return locale.lower().replace("-", "").replace("_", "")


def _told(collation: Collation) -> str:
    return f"{collation.locale or 'no locale'} of {collation.provider}"
