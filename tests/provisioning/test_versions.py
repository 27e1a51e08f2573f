"""Server binaries are asked for their version once, and again when they are others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.scratch import Origin
from pytest_dbops.provisioning.binaries import Inspection, ServerBinaries, inspect

SAYS = "#!/bin/sh\necho asked >> {log}\necho 'postgres (PostgreSQL) {version}'\n"


@pytest.fixture
def binaries(tmp_path: Path) -> ServerBinaries:
    """A directory with programs that note each time they are run."""
    (tmp_path / "bin").mkdir()
    for name in ("postgres", "initdb"):
        (tmp_path / "bin" / name).touch(mode=0o755)
    return ServerBinaries(tmp_path / "bin", Origin.SYSTEM)


def install(binaries: ServerBinaries, version: str) -> None:
    log = binaries.bindir.parent / "log"
    (binaries.bindir / "postgres").write_text(SAYS.format(log=log, version=version), encoding="utf-8")


def test_binaries_are_asked_again_when_they_have_changed(binaries: ServerBinaries, tmp_path: Path) -> None:
    install(binaries, "16.9")
    found = [inspect(binaries, tmp_path / "cache").version for _ in range(3)]
    install(binaries, "16.10")
    assert [*found, inspect(binaries, tmp_path / "cache").version] == ["16.9", "16.9", "16.9", "16.10"]
    assert (tmp_path / "log").read_text(encoding="utf-8") == "asked\nasked\n"


def test_binaries_that_do_not_run_are_asked_each_time(binaries: ServerBinaries, tmp_path: Path) -> None:
    (binaries.bindir / "postgres").write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    assert inspect(binaries, tmp_path / "cache") == Inspection(problem="postgres does not tell its version: 3")
    install(binaries, "17.2")
    assert inspect(binaries, tmp_path / "cache").version == "17.2"


def test_a_note_that_cannot_be_read_is_made_anew(binaries: ServerBinaries, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "versions.json").write_text("[]", encoding="utf-8")
    install(binaries, "16.9")
    assert [inspect(binaries, tmp_path / "cache").version for _ in range(2)] == ["16.9", "16.9"]
    assert (tmp_path / "log").read_text(encoding="utf-8") == "asked\n"
