"""A process of ours that may import the project: nothing it does can reach another database, another process's
logging or another event loop.

Reads one line of JSON on standard input, writes JSON lines on standard output; what the project prints goes to
standard error. It ends as soon as its standard input does: then the process that ordered it is gone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

from pytest_dbops.config.environments import ENVIRONMENT_VARIABLE
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.raised import raised_line
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.migrating.drivers import confine_drivers
from pytest_dbops.migrating.guard import SCRATCH, Confinement, confine_engines, redirect_variables
from pytest_dbops.migrating.upgrade import load_alembic
from pytest_dbops.migrating.urls import written_url
from pytest_dbops.operations.imported import project_on_path

ORPHANED = 70

Say = Callable[[dict[str, Any]], None]


def run_confined(work: Callable[[dict[str, Any], Path, Say], Mapping[str, object]], failing: str) -> int:
    """Do the work that is asked for on standard input; the last line is `{"done": ...}` or `{"error": ...}`.

    work: gets the order, the project's root, and what says one object meanwhile; no text of it holds the password.
    failing: how the line begins for an error that is none of ours.
    """
    order = json.loads(sys.stdin.buffer.readline())
    order["url"] = written_url(order["url"])
    end_with_standard_input()
    root = Path(order["root"])
    say = _masked(private_stdout(), SecretMask(secrets_of_url(order["url"])))
    os.chdir(root)
    if order.get("environment"):
        os.environ[ENVIRONMENT_VARIABLE] = order["environment"]  # whose keys the project's code finds
    redirect_variables(os.environ, order["url"], order["variables"], written=order["written"])
    confinement = confine_engines(order["url"], order.get("called") or SCRATCH)
    confine_drivers(confinement)
    load_alembic()
    project_on_path(root)
    try:
        done = work(order, root, say)
    except BaseException as err:  # whatever the project does, its last word is one line
        error = _as_ours(err, confinement, failing)
        say({"error": " ".join(str(error).split()), "kind": type(error).__name__})
        return 1
    say({"done": done})
    return 0


def private_stdout() -> Say:
    """Keep standard output for our lines; whatever the project prints goes to standard error."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(line: dict[str, Any]) -> None:
        ours.write(json.dumps(line) + "\n")
        ours.flush()

    return say


def end_with_standard_input() -> None:
    """End this process when its standard input ends; the project finds an empty one in its place."""
    leash = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        while os.read(leash, 1):
            pass
        os._exit(ORPHANED)

    Thread(target=watch, daemon=True).start()


def _masked(say: Say, mask: SecretMask) -> Say:
    return lambda line: say({name: _clean(value, mask) for name, value in line.items()})


def _clean(value: Any, mask: SecretMask) -> Any:
    """Return a JSON value with every text in it masked."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {name: _clean(one, mask) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one, mask) for one in value]
    return value


def _as_ours(err: BaseException, confinement: Confinement, failing: str) -> DbopsError:
    """Return the error to report; a refused connection explains whatever came of it, however it was wrapped."""
    if confinement.refused and type(err).__name__ != "PolicyRefused":
        from pytest_dbops.core.errors import PolicyRefused

        return PolicyRefused(confinement.refused[-1])
    if isinstance(err, DbopsError):
        return err
    return CannotJudge(f"{failing}: {raised_line(err)}")
