"""Follow a reference to the text it leads to: a variable, a file or the output of a command."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pytest_dbops.config.references import Form, Reference
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.errors import ConfigError

COMMAND_TIMEOUT_S = 30.0


def look_up(
    reference: Reference, *, variables: Variables, root: Path, subject: str, timeout_s: float = COMMAND_TIMEOUT_S,
    key: str = "url", needed: str = "a URL",
) -> str:  # fmt: skip
    """Return the text a reference leads to, without white space around it.

    subject: who asks, for messages (`environment 'staging'`). root: what paths are relative to, and the folder
    in which a command runs, without a shell, with all variables. key: where the reference is written, and needed: what
    it is to lead to. Raises ConfigError in one line that holds neither the text nor what the command printed.
    """
    written = f'({key} = "{reference.written}")'
    if reference.form is Form.ENV:
        text = variables.get(reference.text)
        if not text.strip():
            raise ConfigError(
                f"{subject}: variable {reference.text} {written} is not set (export it, or put it in .env)"
            )
    elif reference.form is Form.FILE:
        text = _read_file(root / Path(reference.text).expanduser(), subject, written)
    elif reference.form is Form.CMD:
        text = _run(reference.text, variables.values, root, f"{subject}: the command {written}", timeout_s)
    else:
        text = reference.text
    if not text.strip():
        raise ConfigError(f"{subject}: nothing came from {written}; {needed} is needed")
    return text.strip()


def _read_file(path: Path, subject: str, written: str) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as err:
        raise ConfigError(f"{subject}: cannot read {path} {written}: {err.strerror or 'unreadable'}") from None
    except ValueError:
        raise ConfigError(f"{subject}: {path} {written} is not a text in UTF-8") from None


def _run(command: str, variables: Mapping[str, str], root: Path, subject: str, timeout_s: float) -> str:
    """Run a command in a session of its own, so that a time-out also ends what it started."""
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env=dict(variables),
            start_new_session=True,
        )
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or "not a command"
        raise ConfigError(f"{subject} cannot be started: {reason}") from None
    with process:
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise ConfigError(f"{subject} took longer than {timeout_s:g} s (run it yourself to see why)") from None
        finally:
            _end_session(process)
    if process.returncode != 0:
        raise ConfigError(f"{subject} ended with exit code {process.returncode} (run it yourself to see why)")
    try:
        return output.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{subject} printed no text in UTF-8") from None


def _end_session(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
