"""BAK004."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_dbops.checks.backup.backup_cannot_be_read import backup_cannot_be_read
from pytest_dbops.core.backups import BackupRecord, VerificationLevel
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from tests.checks.backup.records import Kept, proof
from tests.checks.backup.sealed_files import KEYS, SealedFiles
from tests.checks.connectivity.asking import CLOCK, ask

DAY = 24


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    return SealedFiles(tmp_path)


def _seen(files: SealedFiles, *records: BackupRecord, **thresholds: float) -> list[Finding]:
    return ask(backup_cannot_be_read, backups=Kept(records), backup_files=files, thresholds=thresholds)


def _facts(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.subject, finding.identity) for finding in findings]


def test_backup_that_opens_is_fine(files: SealedFiles) -> None:
    old = files.write("old", key_id="key-2", finished_at=CLOCK - timedelta(days=1))
    assert (_seen(files, files.write("new"), old), files.read) == ([], ["new"])


def test_tag_that_does_not_hold_is_found(files: SealedFiles) -> None:
    new = files.write("new")
    files.flip(new)
    (finding,) = _seen(files, new)
    assert finding.message == "backup 'new' cannot be read back: the tag of its first frame does not hold"


def test_damage_from_before_it_was_hashed_is_found(files: SealedFiles) -> None:
    new = files.write("new")
    files.flip(new)
    digest = hashlib.sha256(files.path("new").read_bytes()).hexdigest()
    assert _facts(_seen(files, replace(new, sha256=digest))) == [("new", "unreadable")]


def test_other_contents_than_were_backed_up_are_found(files: SealedFiles) -> None:
    (finding,) = _seen(files, replace(files.write("new"), plain_sha256="0" * 64))
    assert "and had 000000000000..." in finding.message


def test_key_that_is_not_here_is_found_with_all_it_would_open(tmp_path: Path) -> None:
    files = SealedFiles(tmp_path, keys={"key-1": KEYS["key-1"]})
    days = [CLOCK - timedelta(days=age) for age in range(3)]
    records = [files.write(f"day-{age}", key_id="key-2" if age else "key-1", finished_at=days[age]) for age in range(3)]
    (finding,) = _seen(files, *records)
    assert (finding.subject, finding.message) == (
        "key-2", "2 backups cannot be opened, since key 'key-2' is not here: 'day-1', 'day-2'",
    )  # fmt: skip


def test_backup_whose_key_nobody_knows_is_found(files: SealedFiles) -> None:
    assert _facts(_seen(files, replace(files.write("new"), key_id=""))) == [
        ("unnamed key", "key"), ("new", "unreadable"),
    ]  # fmt: skip


def test_file_that_was_read_back_this_week_is_not_read_again(files: SealedFiles) -> None:
    new = files.write("new")
    proven = proof(6 * DAY, VerificationLevel.RESTORED, identity=files.identity(new))
    assert (_seen(files, replace(new, verifications=(proven,))), files.read) == ([], [])


@pytest.mark.parametrize(("hours", "level"), [(9 * DAY, VerificationLevel.READ_BACK), (1, VerificationLevel.CHECKSUM)])
def test_checksum_or_an_old_reading_is_no_proof(files: SealedFiles, hours: float, level: VerificationLevel) -> None:
    new = files.write("new")
    proven = replace(new, verifications=(proof(hours, level, identity=files.identity(new)),))
    assert (_seen(files, proven), files.read) == ([], ["new"])


def test_what_the_last_reading_found_is_told(files: SealedFiles) -> None:
    new = files.write("new")
    torn = proof(3, VerificationLevel.PARSED, problem="frame 7 does not open", identity=files.identity(new))
    (finding,) = _seen(files, replace(new, verifications=(torn,)))
    assert finding.message == "backup 'new' could not be read back at 2026-10-01 09:00: frame 7 does not open"


def test_file_too_large_to_be_read_here_must_have_been(files: SealedFiles) -> None:
    new = files.write("new")
    assert (_facts(_seen(files, new, most_bytes=100)), files.read) == ([("new", "unread")], [])


def test_file_that_is_not_there_is_no_answer(files: SealedFiles) -> None:
    new = files.write("new")
    files.path("new").unlink()
    with pytest.raises(CannotJudge, match="see BAK003"):
        _seen(files, new)
