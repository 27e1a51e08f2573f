"""BAK003."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_dbops.checks.backup.backup_not_verified import backup_not_verified
from pytest_dbops.core.backups import BackupRecord
from pytest_dbops.core.finding import Finding
from tests.checks.backup.records import Kept, proof
from tests.checks.backup.sealed_files import SealedFiles
from tests.checks.connectivity.asking import CLOCK, ask

DAY = 24


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    return SealedFiles(tmp_path)


def _seen(files: SealedFiles, *records: BackupRecord, **thresholds: float) -> list[Finding]:
    return ask(backup_not_verified, backups=Kept(records), backup_files=files, thresholds=thresholds)


def _facts(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.identity) for finding in findings]


def _two(files: SealedFiles) -> tuple[BackupRecord, BackupRecord]:
    return files.write("new"), files.write("old", finished_at=CLOCK - timedelta(days=1))


def test_file_that_is_as_it_was_made_is_fine(files: SealedFiles) -> None:
    assert _seen(files, *_two(files)) == []
    assert files.read == ["new"]


@pytest.mark.parametrize("name", ["new", "old"])
def test_file_that_is_gone_is_found(files: SealedFiles, name: str) -> None:
    records = _two(files)
    files.path(name).unlink()
    assert _facts(_seen(files, *records)) == [(name, "gone")]


@pytest.mark.parametrize("name", ["new", "old"])
def test_file_that_was_cut_off_is_found(files: SealedFiles, name: str) -> None:
    records = _two(files)
    files.path(name).write_bytes(files.path(name).read_bytes()[:-1])
    assert _facts(_seen(files, *records)) == [(name, "size")]


def test_one_flipped_bit_is_found(files: SealedFiles) -> None:
    new, old = _two(files)
    files.flip(new)
    (finding,) = _seen(files, new, old)
    assert (finding.subject, finding.identity) == ("new", "content")
    assert f"and had {new.sha256[:12]}... when it was made" in finding.message


def test_file_that_was_verified_this_week_is_not_read_again(files: SealedFiles) -> None:
    new, old = _two(files)
    proven = replace(new, verifications=(proof(6 * DAY, identity=files.identity(new)),))
    assert (_seen(files, proven, old), files.read) == ([], [])


@pytest.mark.parametrize("hours", [1, 9 * DAY])
def test_file_that_changed_since_it_was_verified_is_read_again(files: SealedFiles, hours: float) -> None:
    new, old = _two(files)
    proven = replace(new, verifications=(proof(hours, identity=files.identity(new)),))
    files.flip(new)
    assert (_facts(_seen(files, proven, old)), files.read) == ([("new", "content")], ["new"])


def test_what_the_last_verification_found_is_told(files: SealedFiles) -> None:
    new, old = _two(files)
    identity = files.identity(new)
    fine, torn = proof(5, identity=identity), proof(3, problem="frame 7 does not open", identity=identity)
    (finding,) = _seen(files, replace(new, verifications=(torn, fine)), old)
    assert finding.message == "backup 'new' was found not to be whole at 2026-10-01 09:00: frame 7 does not open"


def test_file_too_large_to_be_read_must_have_been_verified(files: SealedFiles) -> None:
    new, old = _two(files)
    assert _facts(_seen(files, new, old, most_bytes=100)) == [("new", "age")]
    assert _facts(_seen(files, new, replace(old, verifications=(proof(9 * DAY),)), most_bytes=100)) == [("new", "age")]
    assert _seen(files, new, replace(old, verifications=(proof(6 * DAY),)), most_bytes=100) == []
    assert files.read == []


def test_backup_without_a_recorded_digest_must_have_been_verified(files: SealedFiles) -> None:
    (finding,) = _seen(files, replace(files.write("new"), sha256=""))
    assert finding.message == (
        "no backup was ever verified; 8 d is the limit, and the catalogue keeps no SHA-256 of the newest to compare"
        " with"
    )
