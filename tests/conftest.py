"""Fixtures by concern, one module each; a new concern is one more line here."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Generator
from importlib import import_module
from pathlib import Path

import pytest

LONGEST_S = 300
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 2**30

pytest_plugins = [
    "pytester",
    "tests.fix_faults",
    "tests.fix_postgres",
    "tests.fix_project",
    "tests.fix_targets",
    "tests.fix_tcp_postgres",
]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set up what no file may say, as the gate runs in this folder too, without the packages of the tests.

    Interrupts are heard even where a shell started us in the background: processes of the tests inherit deafness.
    A test that hangs is ended. Folders of tests lie in memory where there is room: no commit of SQLite waits for disks.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.pluginmanager.hasplugin("timeout") and config.option.timeout is None:
        config.option.timeout = LONGEST_S
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while thousands of items are made, nor among them afterwards: they stay to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Import what registers itself for good before `pytester` notes what is imported.

    All that its sessions import is forgotten after it, and SQLAlchemy warns of functions that are registered again.
    """
    if fixturedef.argname == "pytester":
        import_module("sqlalchemy.dialects.postgresql")
