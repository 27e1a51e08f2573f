"""STO007."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.tablespace_missing_or_full import tablespace_missing_or_full
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target

ROOM = {"warn_free_percent": 0, "fail_free_percent": 0}


@pytest.fixture
def folder(target: Target) -> Iterator[Path]:
    """The folder of a tablespace, made by the server's own user."""
    with target.connect() as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    made = Path(data) / "side"  # the one place its user may write to
    target.admin(f"COPY (SELECT WHERE false) TO PROGRAM 'mkdir -p -m 700 {made}'")
    target.admin(f"CREATE TABLESPACE side LOCATION '{made}'")
    yield made
    target.admin("DROP TABLESPACE side")
    shutil.rmtree(made, ignore_errors=True)


def test_tablespace_whose_folder_is_gone_is_found(target: Target, folder: Path) -> None:
    aside = folder.rename(folder.with_name("away"))
    findings = ask(tablespace_missing_or_full, statistics=statistics_of(target.url()), thresholds=ROOM)
    aside.rename(folder)
    assert facts(findings, tablespace_missing_or_full) == [("side", Severity.ERROR)]


def test_tablespace_whose_disk_is_full_is_found(target: Target, folder: Path) -> None:
    full = {"warn_free_percent": 100, "fail_free_percent": 0}
    findings = ask(tablespace_missing_or_full, statistics=statistics_of(target.url()), thresholds=full)
    assert facts(findings, tablespace_missing_or_full) == [("side", Severity.WARNING)]


def test_tablespace_with_room_is_fine(target: Target, folder: Path) -> None:
    assert ask(tablespace_missing_or_full, statistics=statistics_of(target.url()), thresholds=ROOM) == []


def test_server_without_tablespaces_is_fine(target: Target) -> None:
    assert ask(tablespace_missing_or_full, statistics=statistics_of(target.url())) == []
