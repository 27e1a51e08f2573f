"""Order a process of ours that runs the project's code, hear what it says, and know how it ended.

It gets its order as one line of JSON on standard input, never in its arguments, and answers with JSON lines. The end
of its standard input, also by our own death, ends it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Any

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.errors import Blocked, CannotJudge, ConfigError, DbopsError, PolicyRefused
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.started import Started, expect, start

Progress = Callable[[str], None]
_MOVING = re.compile(r"\[[#.]+\] |, \d+ rows?$")
Said = Mapping[str, Any]

SCRATCH_VARIABLE = "SHADOW_DATABASE_URL"
_KINDS: Mapping[str, type[DbopsError]] = {
    "Blocked": Blocked,
    "ConfigError": ConfigError,
    "PolicyRefused": PolicyRefused,
}
_LIBRARIES = ("alembic.command", "alembic.config", "sqlalchemy.orm")
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        *_LIBRARIES, "sqlalchemy.dialects.sqlite.pysqlite", "sqlite3",
        "pytest_dbops.backends.sqlite.catalog", "pytest_dbops.backends.sqlite.copying",
        "pytest_dbops.backends.sqlite.observation",
    ),
    "postgresql": (
        *_LIBRARIES, "sqlalchemy.dialects.postgresql.psycopg", "psycopg",
        "pytest_dbops.backends.postgresql.catalog", "pytest_dbops.backends.postgresql.observation.watching",
    ),
    "": _LIBRARIES,
}  # fmt: skip
"""What a process of ours imports for a database of each product, or for none."""

_LAST_LINES = 3
_GRACE_S = 3.0


@frozen
class Ended:
    """How such a process ended: its last word (`done` or `error`, nothing when it had none), and its last noise.

    is_late: whether it was ended because it took too long.
    """

    last: Said
    returncode: int
    noise: str
    is_late: bool = False

    def done(self, mask: SecretMask, who: str) -> Said:
        """Return what it has done; raises the error it reports, or CannotJudge when it ended without a word."""
        if "error" in self.last:
            raise _KINDS.get(str(self.last.get("kind")), CannotJudge)(str(self.last["error"]))
        done = self.last.get("done")
        if not isinstance(done, dict):
            raise CannotJudge(f"{who} ended with {self.returncode}: {mask(self.noise) or wordless(self.returncode)}")
        return done

    def has_done(self, what: str) -> bool:
        """Whether it says that it has done this; what went wrong is left to `done`."""
        done = self.last.get("done")
        return isinstance(done, dict) and bool(done.get(what))


def wordless(returncode: int) -> str:
    """Return what can be said of a process that said nothing; a negative code is the signal that ended it."""
    return "no word" if returncode < 0 else "no word (does env.py, or what it imports, end the process by os._exit?)"


def run_child(
    module: str, request: Mapping[str, object], *, cwd: Path, without: Collection[str], hear: Callable[[Said], None],
    limit_s: float | None = None, imports: Sequence[str] = (),
) -> Ended:  # fmt: skip
    """Run a module with a request, in a process that does not know the variables in `without`.

    hear: is given every object it says but the last. limit_s: after that it is ended; `Ended.is_late` then. imports:
    what it is going to need, by default what a process that runs the project's code does.
    """
    imports = imports or LIBRARIES[product_of(str(request.get("url", "")))]
    child = start(module, cwd=cwd, environment=child_environment(without), imports=imports)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    noise = _drained(child.stderr)
    clock = Timer(limit_s or 0.0, child.kill)
    if limit_s is not None:
        clock.start()
    try:
        _hand_over(child.stdin.fileno(), request)
        last = _last_word(child.stdout, hear)
        _wait_a_little(child)
    finally:
        is_late = limit_s is not None and not clock.is_alive()
        clock.cancel()
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    return Ended(last, child.returncode, noise(), is_late)


def product_of(url: str) -> str:
    """Return which of `LIBRARIES` a URL asks for."""
    return "" if not url else "sqlite" if url.startswith("sqlite") else "postgresql"


def expect_children(dialect: str, without: Collection[str]) -> None:
    """Let what such processes need for a product be imported beside (see `started.expect`)."""
    expect(child_environment(without), LIBRARIES[dialect])


def child_environment(url_variables: Collection[str]) -> dict[str, str]:
    """Return this process's variables for one that runs the project's code: without the URLs of real databases."""
    return {name: value for name, value in os.environ.items() if name not in {*url_variables, SCRATCH_VARIABLE}}


def schemes_of(names: Iterable[str]) -> dict[str, str]:
    """Return the scheme of the URL in each variable that is set: how the project likes its URLs written."""
    values = {name: os.environ.get(name, "") for name in (*names, "DATABASE_URL")}
    return {name: value.partition("://")[0] for name, value in values.items() if "://" in value}


def hearing(progress: Progress) -> Callable[[Said], None]:
    """Return what hears progress, logs it by its area and passes it on; a bar that moves is no line of a log."""
    last = ""

    def hear(said: Said) -> None:
        nonlocal last
        if "progress" not in said:
            return
        text = str(said["progress"])
        step = _MOVING.sub("", text)
        if step != last:
            logger_of("seeding" if text.startswith("seeding") else "migrations").info(step)
        last = step
        progress(text)

    return hear


def _hand_over(descriptor: int, request: Mapping[str, object]) -> None:
    """Write the request; the pipe stays open, and a child that has ended says why on its other pipes."""
    rest = json.dumps(request).encode() + b"\n"
    with suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _last_word(stream: Iterable[bytes], hear: Callable[[Said], None]) -> Said:
    """Pass on what the child says and return its last word; nothing when it ends without one."""
    for line in stream:
        said = _parsed(line)
        if "done" in said or "error" in said:
            return said
        hear(said)
    return {}


def _parsed(line: bytes) -> Said:
    """Return one of the child's objects; what others print before it keeps its output to itself is passed over."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _wait_a_little(child: Started) -> None:
    """Let the child end by itself; a thread that the project left running must not keep us."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_GRACE_S)


def _drained(stream: IO[bytes]) -> Callable[[], str]:
    """Read a stream to its end beside us, keeping the last lines, so that the child never blocks on it."""
    kept: deque[str] = deque(maxlen=_LAST_LINES)

    def drain() -> None:
        with stream:
            for line in stream:
                if text := line.decode("utf-8", "replace").strip():
                    kept.append(text)

    thread = Thread(target=drain, daemon=True)
    thread.start()

    def said() -> str:
        thread.join(timeout=_GRACE_S)
        return " ".join(kept)

    return said
