"""Ends a server and removes its files when the process that owns it ends, however that ended.

Run as a script by a bare interpreter (`python -I -S`), so it imports little and nothing of this package.
It reads one JSON line from standard input, copies the server's files if it is told to, starts the server, and answers
`started PID` or `ended CODE`, or `uncopied FILES BYTES ERRNO` when it could not copy. It stays only if it is told
`keep`; a starter that dies before that leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time

TYPE_CHECKING = False  # `typing` would double the start time
if TYPE_CHECKING:
    from typing import Any

POLL_S = 0.5
GRACE_S = 3.0
ORPHAN_S = 2.0
REMOVAL_S = 3.0


def process_start(pid: int) -> int | None:
    """Return when a process began, in a unit of the platform's own, or None when it is gone or a zombie."""
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib would double the start time
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    return _process_start_by_ps(pid)


def _process_start_by_ps(pid: int) -> int | None:
    import subprocess

    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C", "PATH": os.defpath})
    state, _, began = found.stdout.strip().partition(" ")
    if not began or state.startswith("Z"):
        return None
    return int(time.mktime(time.strptime(began.strip(), "%a %b %d %H:%M:%S %Y")))


def main() -> None:
    """Supervise until the owner ends, the server ends, or a SIGTERM asks for it."""
    spec = json.loads(sys.stdin.buffer.readline())
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    wake_in, wake_out = os.pipe()
    os.set_blocking(wake_out, False)
    signal.set_wakeup_fd(wake_out, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    owner = os.open(spec["pipe"], os.O_RDONLY | os.O_NONBLOCK)
    if not _copied(spec):
        _clean(spec, is_orphan=_is_orphan(spec, owner, asked))
        return
    child = _start(spec) if spec["argv"] else 0
    code = None
    try:
        _say(f"started {child}")
        code = _wait(spec, child, asked, owner, wake_in)
    finally:
        if code is None and child:
            _end(child)
        _clean(spec, is_orphan=_is_orphan(spec, owner, asked))
    if code is not None:
        _say(f"ended {code}")


def copy_tree(source: str, target: str, account: tuple[int, int] | None) -> tuple[int, int]:
    """Copy directories and files only, private to their owner; return the number and the bytes of the files."""
    os.mkdir(target, 0o700)  # noqa: PTH102 - pathlib would double the start time
    files = size = 0
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                more_files, more_size = copy_tree(entry.path, f"{target}/{entry.name}", account)
                files, size = files + more_files, size + more_size
            else:
                files, size = files + 1, size + _copy_file(entry.path, f"{target}/{entry.name}", account)
    if account:
        os.chown(target, *account)
    return files, size


def _copy_file(source: str, target: str, account: tuple[int, int] | None) -> int:
    reading = os.open(source, os.O_RDONLY)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            size = _copy_bytes(reading, writing)
            if account:
                os.fchown(writing, *account)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return size


def _copy_bytes(reading: int, writing: int) -> int:
    size = 0
    if sys.platform == "linux":
        while count := os.sendfile(writing, reading, None, 1 << 30):
            size += count
        return size
    while block := os.read(reading, 1 << 20):
        size += os.write(writing, block)
    return size


def _copied(spec: dict[str, Any]) -> bool:
    """Copy what is to be copied; say so, and return False, when it is not all there or does not fit."""
    if not spec["copied"]:
        return True
    source, target, *expected = spec["copied"]
    copied, error = (0, 0), 0
    try:
        copied = copy_tree(source, target, spec["account"])
    except OSError as err:
        error = err.errno or -1
    if error or list(copied) != expected:
        _say("uncopied {} {} {}".format(*copied, error))
        return False
    return True


def _start(spec: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        if spec["account"]:
            uid, gid = spec["account"]
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        os.chdir("/")
        os.umask(0o077)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execve(spec["argv"][0], spec["argv"], spec["environment"])
    except OSError as err:
        os.write(2, f"FATAL: cannot run {spec['argv'][0]}: {err.strerror}\n".encode())
    finally:
        os._exit(126)


def _wait(spec: dict[str, Any], child: int, asked: list[int], owner: int, wake: int) -> int | None:
    """Return the server's exit code if it ended by itself, None when it has to be ended."""
    poll = select.poll()
    for descriptor in (owner, wake, 0):
        poll.register(descriptor, select.POLLIN)
    owner_pid, owner_start = spec["owner"]
    while not asked:
        ready = [descriptor for descriptor, _ in poll.poll(POLL_S * 1000)]
        if not ready and process_start(owner_pid) != owner_start:
            return None
        ended, status = os.waitpid(child, os.WNOHANG) if child else (0, 0)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if wake in ready:
            os.read(wake, 64)
        if owner in ready and not os.read(owner, 1):
            return None
        if 0 in ready:
            if os.read(0, 64) != b"keep\n":
                return None
            poll.unregister(0)
    return None


def _end(child: int) -> None:
    """Stop the server at once (SIGQUIT: no checkpoint), by force when that takes too long."""
    for number, patience_s in ((signal.SIGQUIT, GRACE_S), (signal.SIGKILL, GRACE_S)):
        os.kill(child, number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if os.waitpid(child, os.WNOHANG)[0]:
                return
            time.sleep(0.005)


def _clean(spec: dict[str, Any], *, is_orphan: bool) -> None:
    import subprocess

    if spec["ending"]:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(spec["ending"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=30, check=False)  # fmt: skip
    for folder in spec["folders"] + (spec["run"] if is_orphan else []):
        _remove(folder)


def _is_orphan(spec: dict[str, Any], owner: int, asked: list[int]) -> bool:
    """Tell whether the owner is gone; one that is being killed closes its pipe a moment before it is."""
    owner_pid, owner_start = spec["owner"]
    deadline = time.monotonic() + ORPHAN_S
    while process_start(owner_pid) == owner_start:
        if asked or not _is_hung_up(owner) or time.monotonic() > deadline:
            return False  # it lives, and ends its run itself
        time.sleep(0.005)
    return True


def _is_hung_up(pipe: int) -> bool:
    try:
        return not os.read(pipe, 1)
    except BlockingIOError:
        return False


def _remove(folder: str) -> None:
    """Remove a folder in which a worker that outlives its controller may still write for a moment."""
    import shutil

    deadline = time.monotonic() + REMOVAL_S
    while os.path.lexists(folder):
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > deadline:
            return
        time.sleep(0.005)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(1, line.encode() + b"\n")


if __name__ == "__main__":
    main()
