"""The pg_dump that can read a server is found: its own major, else the nearest newer one, else what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.provisioning.discovery import Machine
from pytest_dbops.provisioning.dump_tools import find_dump_tool


def machine_with(folder: Path, *versions: str) -> Machine:
    """Return a machine on whose path there are programs that say to be pg_dump of these versions, in this order."""
    folders = []
    for version in versions:
        place = folder / version
        place.mkdir()
        program = place / "pg_dump"
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
        program.chmod(0o755)
        folders.append(str(place))
    return Machine(":".join(folders), patterns=(), wheels=())


@pytest.mark.parametrize(
    ("here", "wanted", "taken"),
    [(("18.1", "15.4", "16.2"), 15, "15.4"), (("18.1", "14.9", "16.2"), 15, "16.2"), (("19beta1",), 19, "19")],
)
def test_own_major_is_taken_else_the_nearest_newer(
    tmp_path: Path, here: tuple[str, ...], wanted: int, taken: str
) -> None:
    assert find_dump_tool(wanted, machine=machine_with(tmp_path, *here)).version == taken


def test_older_ones_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge) as raised:
        find_dump_tool(17, machine=machine_with(tmp_path, "15.4", "16.2"))
    assert str(raised.value) == (
        "the schema of a PostgreSQL 17 can only be copied by pg_dump 17 or newer; the newest pg_dump here is 16.2"
        f" ({tmp_path}/16.2/pg_dump) (install postgresql-client-17, or run: pip install 'pytest-dbops[postgres]')"
    )


def test_machine_without_one_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="there is no pg_dump on this machine"):
        find_dump_tool(16, machine=machine_with(tmp_path))


def test_asked_for_directory_comes_before_the_machine_s_own(tmp_path: Path) -> None:
    elsewhere = machine_with(tmp_path, "16.2", "16.9")
    found = find_dump_tool(16, bindirs=[str(tmp_path / "16.9")], machine=elsewhere)
    assert found.version == "16.9"
