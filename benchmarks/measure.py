"""Time things side by side: callables in this process, commands in their own, and the servers they use.

Candidates take turns within every round, the order turned round by round, so that a busy machine slows all of
them alike. A ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import gc
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]
Timed = Callable[[], "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: CPU seconds of the client, CPU seconds of the server (0 if there is none), wall seconds."""

    cpu_s: float
    wall_s: float
    server_cpu_s: float = 0.0

    @property
    def total_cpu_s(self) -> float:
        """CPU seconds of client and server together."""
        return self.cpu_s + self.server_cpu_s


@dataclass(frozen=True, slots=True)
class Timing:
    """All runs of one candidate, in the order of the rounds."""

    samples: tuple[Sample, ...]

    def cpu_s(self) -> tuple[float, ...]:
        """Return the client's CPU seconds of each round."""
        return tuple(sample.cpu_s for sample in self.samples)

    def server_cpu_s(self) -> tuple[float, ...]:
        """Return the server's CPU seconds of each round."""
        return tuple(sample.server_cpu_s for sample in self.samples)

    def wall_s(self) -> tuple[float, ...]:
        """Return the wall seconds of each round."""
        return tuple(sample.wall_s for sample in self.samples)


class CommandFailed(RuntimeError):
    """Raised when a timed command does not end as it should; holds the end of what it printed."""


def timed_call(
    work: Work, *, server_pid: int | None = None, server_cpu_s: Callable[[int], float] | None = None
) -> Sample:
    """Return what one call costs in this process, and in a server's process tree if one is named.

    Garbage is collected before, so that no candidate pays for another's; its own collections count, as for users.
    server_cpu_s: how the tree is measured; `tree_cpu_s` unless `fine_tree_cpu_s` is asked for.
    """
    gc.collect()
    server_cpu_s = server_cpu_s or tree_cpu_s
    server_before = server_cpu_s(server_pid) if server_pid else 0.0
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        work()
    finally:
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    server = server_cpu_s(server_pid) - server_before if server_pid else 0.0
    return Sample(cpu, wall, server)


def timed_command(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    expect: Iterable[int] = (0,),
    server_pid: int | None = None,
) -> Sample:
    """Return what one command costs, its children included, by the system's own account of the process.

    env: added to `command_environment()`. Raises CommandFailed when its exit code is not among `expect`.
    """
    server_before = tree_cpu_s(server_pid) if server_pid else 0.0
    wall = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**command_environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - wall
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in tuple(expect):
        tail = output.decode(errors="replace")[-2000:]
        raise CommandFailed(f"{command[0]} ended with {process.returncode}:\n{tail}")
    server = tree_cpu_s(server_pid) - server_before if server_pid else 0.0
    return Sample(usage.ru_utime + usage.ru_stime, wall, server)


def command_environment() -> dict[str, str]:
    """Return this process' environment as a user's would be: byte code is cached, no plugin is forced or kept out."""
    drop = {"PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"}
    return {name: value for name, value in os.environ.items() if name not in drop}


def interleaved(candidates: Mapping[str, Timed], *, rounds: int, warmups: int = 1) -> dict[str, Timing]:
    """Run all candidates `rounds` times in turn, after `warmups` rounds that do not count.

    A candidate is a callable that returns a `Sample`: a `lambda` around `timed_call` or `timed_command`.
    """
    names = list(candidates)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(-warmups, rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            sample = candidates[name]()
            if number >= 0:
                samples[name].append(sample)
    return {name: Timing(tuple(found)) for name, found in samples.items()}


def interleaved_calls(candidates: Mapping[str, Work], *, rounds: int, warmups: int = 1) -> dict[str, Timing]:
    """Run plain callables of this process in turn; see `interleaved`."""
    timed: dict[str, Timed] = {name: _as_timed(work) for name, work in candidates.items()}
    return interleaved(timed, rounds=rounds, warmups=warmups)


def _as_timed(work: Work) -> Timed:
    return lambda: timed_call(work)


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median of the rounds' ratios; both sequences come from one `interleaved`."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def p90(values: Sequence[float]) -> float:
    """Return the value that nine of ten do not exceed; the greatest of fewer than ten."""
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


def tree_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, its living descendants, and those of them it has seen end.

    From /proc (Linux), in steps of one clock tick, usually 10 ms; 0 once the process is gone.
    """
    return sum(own + ended for own, ended in _tree(pid).values()) / os.sysconf("SC_CLK_TCK")


def fine_tree_cpu_s(pid: int) -> float:
    """Return what `tree_cpu_s` does, the living to the nanosecond; of processes of one thread each (PostgreSQL)."""
    tree = _tree(pid)
    ended = sum(ended for _, ended in tree.values()) / os.sysconf("SC_CLK_TCK")
    return ended + sum(map(process_cpu_s, tree))


def _tree(pid: int) -> dict[int, tuple[int, int]]:
    """Return ticks of a process and of its descendants by their number: their own, and those of ended children."""
    children: dict[int, list[int]] = {}
    times: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _process_times(entry)) is not None:
            parent, own, ended = stat
            children.setdefault(parent, []).append(int(entry.name))
            times[int(entry.name)] = own, ended
    found: dict[int, tuple[int, int]] = {}
    pending = [pid]
    while pending:
        current = pending.pop()
        if current in times:
            found[current] = times[current]
        pending += children.get(current, [])
    return found


def process_cpu_s(pid: int) -> float:
    """Return the CPU seconds of one process alone, to the nanosecond; in clock ticks where Linux does not count them.

    From /proc/PID/schedstat (proc(5)), for what is too short for `tree_cpu_s`.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        return tree_cpu_s(pid)


def _process_times(entry: Path) -> tuple[int, int, int] | None:
    """Return (parent, ticks of itself, ticks of its ended children), or None when the process has just ended."""
    try:
        text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # Field 2 is the name in brackets and may hold anything (proc(5)); counting starts after it.
    fields = text.rpartition(")")[2].split()
    own, system, ended, ended_system = map(int, fields[11:15])
    return int(fields[1]), own + system, ended + ended_system


def print_timings(timings: Mapping[str, Timing]) -> None:
    """Print a table to stderr: median, minimum and p90 of client CPU, server CPU and wall, in milliseconds."""
    width = max(map(len, timings), default=0)
    head = f"{'':<{width}}  {'client CPU, ms':^26}  {'server CPU, ms':^26}  {'wall, ms':^26}"
    columns = f"{'median':>8} {'min':>8} {'p90':>8}"
    lines = [head.rstrip(), f"{'':<{width}}  {columns}  {columns}  {columns}"]
    for name, timing in timings.items():
        cells = [_cells(values) for values in (timing.cpu_s(), timing.server_cpu_s(), timing.wall_s())]
        lines.append(f"{name:<{width}}  {'  '.join(cells)}")
    print("\n".join(lines), file=sys.stderr, flush=True)


def _cells(values: Sequence[float]) -> str:
    if not any(values):
        return f"{'-':>8} {'-':>8} {'-':>8}"
    return " ".join(f"{1000 * value:8.1f}" for value in (statistics.median(values), min(values), p90(values)))
