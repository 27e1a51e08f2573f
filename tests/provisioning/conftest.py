"""Places of a test's own, so that it sees, ends and removes nothing that belongs to another test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_dbops.provisioning import RunFolder, close_run, create_run
from pytest_dbops.provisioning.places import Places, default_places, make_root
from pytest_dbops.provisioning.reaping import reap

PATIENCE_S = 20.0
RunScript = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def places() -> Iterator[Places]:
    """Roots below short paths that an unprivileged server may enter; the cache is the user's own."""
    usual = default_places()
    memory = Path(tempfile.mkdtemp(prefix="dt-", dir=usual.memory.parent)) if usual.memory else None
    disk = Path(tempfile.mkdtemp(prefix="dt-", dir="/tmp"))
    own = Places(memory, disk, usual.cache)
    for root in own.roots:
        make_root(root)
    yield own
    reap(own)
    left = [path.name for root in own.roots for path in root.iterdir()]
    for root in own.roots:
        shutil.rmtree(root)
    assert left in ([], ["binaries"])


@pytest.fixture
def run(places: Places) -> Iterator[RunFolder]:
    """A run that the test process owns."""
    folder = create_run(places)
    yield folder
    close_run(folder)


@pytest.fixture
def run_script() -> Iterator[RunScript]:
    """A function that runs Python code in a process of its own; still running ones are killed afterwards."""
    started: list[subprocess.Popen[str]] = []

    def run_it(code: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip
        started.append(process)
        return process

    yield run_it
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> float:
    """Wait for a condition and return how long it took, in seconds; fail when it takes too long."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience_s, "the condition did not come true in time"
        os.sched_yield()
    return time.monotonic() - began
