"""BAK011: real dumps of a real server, and records of the same made of other servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.backup.backup_does_not_fit_server import backup_does_not_fit_server
from pytest_dbops.core.backups import BackupForm, BackupRecord, Collation
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.backup.dumps import copied, dumped, of_source, source_of
from tests.checks.backup.records import Kept, backup
from tests.checks.connectivity.asking import ask, facts, session_on, sqlite_url
from tests.checks.connectivity.conftest import Target, needs_extension

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def _seen(url: str, *records: BackupRecord) -> list[tuple[str, Severity]]:
    return facts(_asked(url, *records), backup_does_not_fit_server)


def _asked(url: str, *records: BackupRecord) -> list[Finding]:
    with session_on(url) as session:
        backend = backend_for(url)
        return ask(
            backup_does_not_fit_server, backups=Kept(records), catalog=backend.read_catalog(session), session=session,
            statistics=backend.read_statistics(session),
        )  # fmt: skip


def _record(target: Target) -> BackupRecord:
    return backup(1, source=source_of(target))


def test_dump_of_the_server_that_is_there_fits(target: Target, tmp_path: Path) -> None:
    needs_extension(target, "pg_trgm")
    assert _asked(target.url(), dumped(target, tmp_path)) == []


def test_dump_of_a_newer_server_is_an_error_and_of_an_older_is_fine(target: Target) -> None:
    record, major = _record(target), target.server.major
    assert _seen(target.url(), of_source(record, version=(major + 1, 0))) == [("version", ERROR)]
    assert _seen(target.url(), of_source(record, version=(major, 99))) == []
    assert _seen(target.url(), of_source(record, version=(major - 1, 0))) == []


def test_physical_backup_wants_the_same_major_version(target: Target) -> None:
    older = of_source(_record(target), form=BackupForm.PHYSICAL, version=(target.server.major - 1, 0))
    assert _seen(target.url(), older) == [("version", ERROR)]


def test_extension_the_server_has_no_files_of_is_found(target: Target) -> None:
    found = _asked(target.url(), of_source(_record(target), extensions={"no_such_thing": "3.4", "plpgsql": "1.0"}))
    assert [(each.subject, each.message) for each in found] == [
        (
            "extension no_such_thing",
            "backup 'daily-1' needs extension 'no_such_thing' (3.4), whose files the server does not have",
        )
    ]


def test_extension_in_a_version_the_server_cannot_make_is_a_warning(target: Target) -> None:
    other = of_source(_record(target), extensions={"plpgsql": "9.9"})
    assert _seen(target.url(), other) == [("extension plpgsql", WARNING)]


def test_other_encoding_or_collation_is_a_warning(target: Target) -> None:
    other = of_source(_record(target), encoding="LATIN1", collation=Collation("builtin", "C"))
    assert _seen(target.url(), other) == [("encoding", WARNING), ("collation", WARNING)]


def test_locale_the_server_does_not_know_is_an_error(target: Target) -> None:
    foreign = {"tlh": Collation("libc", "tlh_QO.utf8", "2.36")}
    assert _seen(target.url(), of_source(_record(target), collations=foreign)) == [("collation tlh", ERROR)]


@pytest.mark.parametrize(("form", "severity"), [(BackupForm.LOGICAL, WARNING), (BackupForm.PHYSICAL, ERROR)])
def test_collation_of_another_version_is_found(target: Target, form: BackupForm, severity: Severity) -> None:
    sorted_by = _versioned(target)
    record = replace(_record(target), form=form)
    older = of_source(record, collations={"names": replace(sorted_by, version="0.1")})
    assert _seen(target.url(), older) == [("collation names", severity)]
    assert _seen(target.url(), of_source(record, collations={"names": sorted_by})) == []


def _versioned(target: Target) -> Collation:
    """Return a collation of the server that has a version."""
    with session_on(target.url()) as session:
        rows = session.query(
            "SELECT collname AS name, collprovider AS provider, pg_collation_actual_version(oid) AS version"
            " FROM pg_collation WHERE pg_collation_actual_version(oid) <> '' AND collprovider IN ('c', 'i')"
            " AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding())) AND collname NOT LIKE 'C%'"
            " ORDER BY collname LIMIT 1"
        )
    if not rows:
        pytest.skip("no collation of this server has a version")
    return Collation({"c": "libc", "i": "icu"}[rows[0]["provider"]], rows[0]["name"], rows[0]["version"])


def test_backup_of_another_product_is_an_error(target: Target, database: Path, tmp_path: Path) -> None:
    assert _seen(target.url(), copied(database, tmp_path)) == [("product", ERROR)]


def test_backup_of_a_server_that_nobody_knows_is_no_answer(target: Target) -> None:
    with pytest.raises(CannotJudge, match="does not say of which server"):
        _seen(target.url(), backup(1))


def test_copy_of_a_file_fits(database: Path, tmp_path: Path) -> None:
    assert _asked(sqlite_url(database), copied(database, tmp_path)) == []


def test_copy_of_another_kind_of_file_is_found(database: Path, tmp_path: Path) -> None:
    other = of_source(copied(database, tmp_path), version=(9, 0), encoding="UTF-16le", page_bytes=512)
    assert _seen(sqlite_url(database), other) == [
        ("version", WARNING), ("encoding", WARNING), ("page size", WARNING),
    ]  # fmt: skip
