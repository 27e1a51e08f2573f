"""Rehearse all migrations of a project on scratch databases of ours, and say what became of each revision.

A process of its own walks the history. Where it cannot go on on its database (a revision failed beside which others
stand, or one that commits by itself left something behind), the next process starts on a new one: revisions that were
judged are only put in there, and the walk goes on after them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import takewhile
from pathlib import Path

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.codec import from_json
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import Coverage
from pytest_dbops.core.scratch import Origin
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.walk import Depth, DowngradeRule, Failure, Refusal, Step, StepName, Walk, WalkedRevision
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import Ended, Progress, Said, hearing, run_child, schemes_of
from pytest_dbops.operations.embedded import safe_scratch_request
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.runs import Run

_CHILD = "pytest_dbops.operations.walk_child"
_WHO = "the process that rehearses the migrations"

Databases = Callable[[], AbstractContextManager[str]]
"""Makes an empty database, gives its URL, and drops it."""


@frozen
class Spared:
    """What a walk need not judge.

    known: revisions that an earlier run has judged, and that are only put in.
    put_in: out of scope, but needed by what is in it; beyond: out of scope, and not even put in.
    only_up: whether nothing is taken back (`[migrations] downgrades = "ignored"`).
    depth: what is asked of each revision.
    """

    known: Mapping[str, WalkedRevision] = field(default_factory=dict)
    put_in: frozenset[str] = frozenset()
    beyond: frozenset[str] = frozenset()
    only_up: bool = False
    depth: Depth = Depth.FULL


@frozen
class Start:
    """Databases that are not empty.

    present: revisions that are in them already, of those that are only put in; databases: makes one, and drops it.
    """

    present: frozenset[str]
    databases: Databases


def rehearse_migrations(
    order: BuildOrder, databases: Databases, *, dialect: str, progress: Progress, spared: Spared | None = None,
    hear_done: Callable[[Said], None] | None = None, start: Start | None = None,
    hear_heads: Callable[[str], None] | None = None,
) -> Walk:  # fmt: skip
    """Walk the history; every revision in scope is in the result, with why it was not judged where it was not.

    hear_done: is told what each process imported and read, as it ends.
    start: what to begin with in place of an empty database; where that fails, it is done without.
    hear_heads: is given the URL of a database, before it is dropped, in which every revision is as its upgrade left it.

    Raises CannotJudge, ConfigError or PolicyRefused, one line, when no revision could be judged.
    """
    state = _State(progress, spared or Spared())
    while True:
        known = len(state.judged) + state.retried
        if state.remembered:  # one long run from the very beginning
            start = None
        try:
            with (start.databases if start else databases)() as url:
                ended = _run(order, url, state, start.present if start else frozenset())
                if hear_heads is not None and ended.has_done("is_at_heads"):
                    hear_heads(url)
            done = ended.done(SecretMask(secrets_of_url(url)), _WHO)
            if hear_done is not None:
                hear_done(done)
        except DbopsError as err:
            if start is not None and not state.running and len(state.judged) + state.retried == known:
                logger_of("migrations").info("the walk begins anew with an empty database: %s", err)
                start = None
                continue
            if not state.may_go_on_without(ended):
                return state.broken_off(err, dialect)
            continue
        if state.may_go_on_with(str(done["memory"])):
            continue
        if done["is_complete"]:
            walk = state.walk(dialect, str(done["server"]), tuple(done["heads"]))
            return replace(walk, coverage=from_json(Coverage, done["coverage"]))
        if len(state.judged) + state.retried == known:
            return state.broken_off(CannotJudge("the rehearsal does not come on"), dialect)


def rehearse_project(
    config: Config, environment: Environment, run: Run, *, progress: Progress, spared: Spared | None = None,
    hear_done: Callable[[Said], None] | None = None, start: Start | None = None,
    hear_heads: Callable[[str], None] | None = None,
) -> Walk:  # fmt: skip
    """Walk the migrations of a project on the product of an environment; what fails is not tried again in the run."""
    project = config.project
    order = BuildOrder(
        root=config.root,
        migrations=project.migrations,
        baseline=project.baseline,
        first_revision=project.first_revision,
        metadata=project.metadata,
        variables=url_variables(config),
    )
    with failing_once(run.shared_folder(), "walk"):
        return rehearse_migrations(
            order, lambda: scratch_database(config, environment, run, progress),
            dialect=environment.dialect, progress=progress,
            spared=replace(spared or Spared(), only_up=config.migrations.downgrades is DowngradeRule.IGNORED),
            hear_done=hear_done, start=start, hear_heads=hear_heads,
        )  # fmt: skip


@contextmanager
def scratch_database(
    config: Config, environment: Environment, run: Run, progress: Progress, *, major: int | None = None,
    prepare: Callable[[str], Sequence[str]] = lambda url: (),
) -> Iterator[str]:  # fmt: skip
    """Make an empty database of the environment's product, entered as its plain owner, and drop it afterwards.

    major: the version wanted where nothing else is configured. prepare: is given the superuser's URL of a new
    PostgreSQL database, and returns roles that it made, to be dropped with it.
    """
    if environment.dialect == "sqlite":
        with file_database(run) as file:
            yield f"sqlite:///{file}"
        return
    from pytest_dbops.backends.postgresql.admin import connect_admin
    from pytest_dbops.operations.embedded_postgresql import refuse_plain_role
    from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, identifier, new_name
    from pytest_dbops.provisioning.servers import acquire

    request = safe_scratch_request(config)
    request = request if request.major else replace(request, major=major)
    server = acquire(run.get(), request, connect=connect_admin, progress=progress)
    name = new_name(server)
    owner, roles = f"{name}_owner", [identifier(f"{name}_owner")]
    with closing(connect_admin(server.admin_url)) as admin:
        refuse_plain_role(server, admin)
        create_role(server, admin, owner)
        create_database(server, admin, name, owner=owner)
        try:
            roles += prepare(server.url(name))
            yield server.url(name, role=owner)
        finally:
            drop_database(server, admin, name)
            for role in roles:
                admin.execute(f"DROP ROLE IF EXISTS {role}")


@contextmanager
def file_database(run: Run) -> Iterator[Path]:
    """Name a file in the run's folder that is not there yet, and remove it afterwards with what SQLite puts beside."""
    file = run.folder() / f"walk-{secrets.token_hex(4)}.sqlite3"
    try:
        yield file
    finally:
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink(missing_ok=True)


def scratch_version(config: Config, environment: Environment, run: Run, progress: Progress) -> str:
    """Return the version of the server that the databases are made on; started only where its binaries do not tell."""
    if environment.dialect == "sqlite":
        from pytest_dbops.backends.sqlite.versions import library_version

        return library_version()
    from pytest_dbops.backends.postgresql.admin import connect_admin
    from pytest_dbops.provisioning.discovery import discover_first
    from pytest_dbops.provisioning.servers import acquire

    request = safe_scratch_request(config)
    found = discover_first(request).taken
    if found is not None and found.origin in (Origin.SYSTEM, Origin.WHEEL):
        return found.version
    return acquire(run.get(), request, connect=connect_admin, progress=progress).version


@dataclass(slots=True)
class _State:
    """What the processes of one walk have said so far."""

    progress: Progress
    spared: Spared
    judged: dict[str, WalkedRevision] = field(init=False)
    history: tuple[WalkedRevision, ...] = ()
    counted: tuple[str, ...] = ()
    running: str = ""
    step: StepName = StepName.UPGRADE
    databases: int = 0
    remembered: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    rows: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    unobserved: dict[str, str] = field(default_factory=dict)
    retried: int = 0

    def __post_init__(self) -> None:
        """Begin with what is known."""
        self.judged = dict(self.spared.known)

    def hear(self, said: Said) -> None:
        """Take what a process says."""
        if "walked" in said:
            revision = self._with_refusal(from_json(WalkedRevision, said["walked"]))
            self.judged[revision.revision] = revision
            self.running = ""
        elif "history" in said:
            self.history = tuple(from_json(WalkedRevision, each) for each in said["history"])
            self.counted = tuple(said["counted"])
        elif "refused" in said:
            self.refusals[said["refused"]] = from_json(Refusal, said["refusal"])
            self.rows[said["refused"]] = said["rows"]
            self.retried += 1
        elif "unobserved" in said:
            self.unobserved[said["unobserved"]] = said["reason"]
            self.retried += 1
        elif "revision" in said:
            self.running = str(said["revision"])
        elif "step" in said:
            self.step = StepName(said["step"])
        hearing(self.progress)(said)

    def _with_refusal(self, revision: WalkedRevision) -> WalkedRevision:
        """Return what was judged with the rows it refused before; what fails without rows too fails on its own."""
        refusal = self.refusals.get(revision.revision)
        if refusal is None or revision.met is None:
            return revision
        return replace(revision, met=replace(revision.met, refusal=refusal))

    def may_go_on_without(self, ended: Ended) -> bool:
        """Whether the process died in a revision, which is recorded then, so that the walk can go on beside it."""
        if ended.last or not self.running:
            return False
        failure = Failure("ProcessEnded", f"the process that ran it ended with {ended.returncode}")
        done = tuple(Step(name, 0.0) for name in takewhile(lambda name: name is not self.step, StepName))
        steps = (*done, Step(self.step, 0.0, failure))
        self.judged[self.running] = WalkedRevision(self.running, steps=steps)
        self.running = ""
        return True

    def may_go_on_with(self, memory: str) -> bool:
        """Whether what follows a revision that fails alone may be reached by one long run, as a first deploy is.

        One such run is tried for a revision.
        """
        is_new = bool(memory) and memory not in self.tried
        self.tried.add(memory)
        if is_new:
            self.remembered.add(memory)
        else:
            self.remembered.discard(memory)
        return is_new

    @property
    def failed(self) -> set[str]:
        """Return the revisions that are left out, with all that need them."""
        return {name for name, each in self.judged.items() if not each.is_applied} - self.remembered

    def walk(self, dialect: str, server: str, heads: tuple[str, ...]) -> Walk:
        """Return the walk over the whole history."""
        failed, revisions = self.failed, []
        outside = self.spared.put_in | self.spared.beyond
        for blank in self.history:
            if blank.revision in outside:
                continue
            judged = self.judged.get(blank.revision)
            if judged is not None:
                revisions.append(judged if judged.file else replace(blank, steps=judged.steps))
                continue
            revisions.append(replace(blank, blocked_by=_first_failed(blank, revisions, failed)))
        return Walk(
            dialect, server, heads, tuple(revisions), self.counted, self.databases,
            out_of_scope=tuple(sorted(outside)), cached=len(self.spared.known),
        )  # fmt: skip

    def broken_off(self, err: DbopsError, dialect: str) -> Walk:
        """Return the walk as far as it came; raises the error when nothing was judged, or all of it: then it is
        the whole that is wrong.
        """
        walk = self.walk(dialect, "", ())
        if len(self.judged) in (len(self.spared.known), len(walk.revisions)):
            raise err
        revisions = tuple(
            each if each.steps or each.blocked_by else replace(each, unjudged=str(err)) for each in walk.revisions
        )
        return replace(walk, revisions=revisions)


def _run(order: BuildOrder, url: str, state: _State, present: frozenset[str]) -> Ended:
    state.databases += 1
    request: Mapping[str, object] = {
        **asdict(order),
        "root": str(order.root),
        "url": url,
        "written": schemes_of(order.variables),
        "judged": [*(name for name, each in state.judged.items() if each.is_applied), *sorted(state.spared.put_in)],
        "present": sorted(present),
        "failed": sorted(state.failed | state.spared.beyond),
        "remembered": sorted(state.remembered),
        "only_up": state.spared.only_up,
        "rows": state.rows,
        "unobserved": state.unobserved,
        "depth": state.spared.depth.value,
    }
    return run_child(_CHILD, request, cwd=Path(order.root), without=order.variables, hear=state.hear)


def _first_failed(revision: WalkedRevision, before: Sequence[WalkedRevision], failed: set[str]) -> str:
    """Return the failed revision that one needs, directly or by others that were not reached either."""
    blocked = {each.revision: each.blocked_by for each in before if each.blocked_by}
    for parent in (*revision.down, *revision.depends_on):
        if parent in failed:
            return parent
        if parent in blocked:
            return blocked[parent]
    return ""
