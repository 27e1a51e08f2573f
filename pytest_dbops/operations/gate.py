"""A gate: the checks of one environment, run one by one, and the report of what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from pytest_dbops import __version__
from pytest_dbops.backends import backend_for
from pytest_dbops.checks.own import files_without_check
from pytest_dbops.checks.registry import collect_checks
from pytest_dbops.config.encryption import refuse_unfit_key
from pytest_dbops.config.load import load_config
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment, use_environment
from pytest_dbops.config.tuning import tune_checks
from pytest_dbops.core.check import Check, Cost, Per
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, DbopsError, NothingToCheck, PolicyRefused
from pytest_dbops.core.finding import in_reading_order
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.session import Statistics
from pytest_dbops.operations.gate_rules import baseline_path, run_rules
from pytest_dbops.operations.inputs import Inputs, NotAtHand, Piece
from pytest_dbops.operations.own_statements import refuse_unreadable
from pytest_dbops.operations.runner import Case, RunRules, is_left_out, run_check
from pytest_dbops.operations.shared import SharedPieces

if TYPE_CHECKING:
    from pytest_dbops.core.report import Report, Target
    from pytest_dbops.core.verdict import Rules
    from pytest_dbops.core.walk import Walk
    from pytest_dbops.operations.migrations.scope import RevisionScope
    from pytest_dbops.operations.runs import Run

T = TypeVar("T")
Progress = Callable[[str], None]


@frozen
class GateRequest:
    """What is asked of a gate.

    variables: the process's environment variables; now: time zone aware, the moment the run began.
    options: overrides by dotted key of dbops.toml, as in `{"gate.fail_on": "warning"}`.
    baseline: file of known findings, in place of the configured one.
    revisions: which revisions are judged; None for what the environment's kind asks for.
    is_fresh: whether revisions are rehearsed that an earlier run has judged already.
    added: checks contributed by hooks; run_folder: of the run this process belongs to, if another owns it.
    mask: learns the secrets of the configuration; its owner may mask more with it than the gate itself says.
    """

    config_file: Path
    environment: str
    variables: Mapping[str, str]
    now: datetime
    options: Mapping[str, object] = field(default_factory=dict)
    cost: Cost = Cost.FULL
    baseline: Path | None = None
    revisions: str | None = None
    is_fresh: bool = False
    added: tuple[Check, ...] = ()
    run_folder: Path | None = None
    mask: SecretMask | None = None


class Gate:
    """The checks of one environment and what they are run with; offline until the first check runs."""

    def __init__(
        self,
        request: GateRequest,
        config: Config,
        checks: tuple[Check, ...],
        progress: Progress,
        *,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.config = config
        self.environment: Environment = find_environment(config, request.environment)
        self.checks = checks
        self._request = request
        self._progress = progress
        self._started = perf_counter()
        self._display_url = self.environment.url_reference
        self._rules = run_rules(request, config, self.environment)
        self._inputs: Inputs | None = None
        self._prepared_url = ""
        self._notes = notes
        self._unprepared: DbopsError | None = None
        self.asked: frozenset[str] | None = None
        """The codes of the checks that this run asks, where that is fewer than the gate has."""

    @property
    def expected(self) -> tuple[str, ...]:
        """The ids of the whole gate, in order."""
        return tuple(
            f"{check.category}::{check.name}" + (f"[{case.name}]" if case else "")
            for check in self.checks
            for case in self.cases(check)
        )

    @property
    def rules(self) -> RunRules:
        """What decides which checks are asked, and how their findings count."""
        return self._rules

    def cases(self, check: Check) -> tuple[Case | None, ...]:
        """Return what a check is asked for: revisions, oldest first, or columns; None alone where it is asked once."""
        if check.per is Per.ENCRYPTED_COLUMN and self.config.project.metadata:
            from pytest_dbops.operations.encryption.columns import shared_columns

            columns = shared_columns(self.config, self._pieces).columns
            return tuple(Case(each.name, self.config.file.name, 1) for each in columns) or (None,)
        return (check.step is not None and self._revisions) or (None,)

    @property
    def revisions_shown(self) -> str:
        """Which revisions are in scope, in a few words; the walk's own share is told once it is there."""
        if self.scope is None:
            return ""
        walk, shown = self._published_walk(), self.scope.shown(self._pending())
        return f"{shown}, {walk.cached} of {len(walk.revisions)} from the cache" if walk and walk.cached else shown

    def prepare_target(self) -> None:
        """Resolve the target's URL, and build an embedded database, before the first check runs.

        Raises ConfigError for what is wrong in files and variables, PolicyRefused for what is forbidden. What else
        keeps the target from being judged is left to the checks, each of which says so.
        """
        try:
            self._url()
        except (ConfigError, PolicyRefused):
            raise
        except DbopsError as err:
            self._unprepared = err

    def make_ready(self) -> None:
        """Import what making inputs takes, before the first check is timed; makes none."""
        self._supplier()

    def run(self, check: Check, case: Case | None = None) -> CheckResult:
        """Ask one check, for one of its cases; its texts hold no secret."""
        # Imported here, as in the methods below: a session that only collects judges nothing.
        from pytest_dbops.reports.masking import masked_result

        result = run_check(check, self._supplier(), self._rules, case)
        if result.findings:
            result = replace(result, findings=in_reading_order(result.findings))
        return masked_result(result, self.config.mask)

    def run_at_hand(self, check: Check, case: Case) -> CheckResult | None:
        """Ask one check of a revision that was rehearsed; None where anything would have to be made for it."""
        if self._inputs is None:
            return None
        with self._inputs.only_at_hand():
            try:
                return self.run(check, case)
            except NotAtHand:
                return None

    def target(self) -> Target:
        """Return what is known of the target so far; server and role are empty until a session was opened."""
        from pytest_dbops.core.report import Target

        environment, inputs = self.environment, self._inputs
        identity = inputs.identity if inputs else None
        place, _ = self._scratch
        known = Target(
            environment.name, environment.kind.value, environment.dialect, self._display_url,
            unopened=inputs.unopened if inputs else "", place=place,
        )  # fmt: skip
        if identity is None or inputs is None:
            return known
        return Target(
            known.environment, known.kind, known.dialect, known.display_url,
            server=identity.server, host=identity.host, database=identity.database, role=identity.role,
            catalog_fingerprint=inputs.catalog_fingerprint, place=place,
        )  # fmt: skip

    def close(self) -> str:
        """End the session; returns one line when it was tampered with, else nothing. May be called twice."""
        return self._inputs.close() if self._inputs else ""

    def report(self, results: Iterable[CheckResult], *, target: Target, broken: Sequence[str]) -> Report:
        """Judge the results and return the report; the order is the gate's."""
        from pytest_dbops.core.report import Report
        from pytest_dbops.core.verdict import judge
        from pytest_dbops.operations.kept_history import keep_what_was_read

        kept = keep_what_was_read(self.config, self.environment, self.published("statistics", Statistics))
        expected = self.expected
        place = {name: number for number, name in enumerate(expected)}
        ordered = tuple(sorted(results, key=lambda r: place.get(r.id, len(place))))
        judged_ids = {result.id for result in ordered}
        return Report(
            tool_version=__version__,
            started_at=self._request.now,
            duration_s=perf_counter() - self._started,
            target=target,
            judgement=judge(
                ordered, expected=expected, rules=self._verdict_rules(), broken=broken, left_out=self._left_out()
            ),
            results=ordered,
            expected=len(expected),
            not_run=tuple(name for name in expected if name not in judged_ids),
            notes=(*self._notes, *filter(None, (*self._scratch[1:], self._coverage(), kept))),
            baseline=self._baseline_name(),
            revisions=self.revisions_shown,
        )

    def _left_out(self) -> tuple[str, ...]:
        number = sum(is_left_out(check, self._rules) for check in self.checks)
        what = "1 check that reads" if number == 1 else f"{number} checks that read"
        cost = self._rules.cost.value
        of_cost = f"{what} more than {cost} data left out (--dbops-cost={cost})" if number else ""
        of_scope = self.scope.left_out(self._pending()) if self.scope else ""
        return tuple(filter(None, (of_cost, of_scope)))

    def is_green(self, report: Report) -> bool:
        """Whether nothing speaks against the database; of a partial run that is not yet a passed gate."""
        from pytest_dbops.core.verdict import Verdict

        return report.judgement.verdict in (Verdict.PASS, Verdict.PASS_WITH_WARNINGS)

    def run_folder(self) -> Path:
        """Return the folder of this run, made on first use; workers are told it."""
        return self._run.folder()

    def end_run(self) -> None:
        """End the servers and files of a run this process owns."""
        if "_run" not in self.__dict__:
            return
        from pytest_dbops.operations.embedded import drop_embedded

        self._run.end(lambda run: drop_embedded(run, self.config))

    @cached_property
    def _run(self) -> Run:
        # Servers are imported by the runs that need them, not by those that only collect.
        from pytest_dbops.operations.runs import Run

        return Run(self._request.run_folder)

    @property
    def _scratch(self) -> tuple[str, str]:
        """What the database is to a person, and a note on its version; empty for a database that is given by a URL."""
        if not self.environment.is_embedded or self.environment.dialect != "postgresql":
            return "", ""
        from pytest_dbops.operations.embedded import scratch_place

        return scratch_place(self.environment, self._run, self.config.scratch.major)

    def _baseline_name(self) -> str:
        path = baseline_path(self._request, self.config)
        if path is None:
            return ""
        return str(path.relative_to(self.config.root) if path.is_relative_to(self.config.root) else path)

    def _supplier(self) -> Inputs:
        if self._inputs is None:
            self._inputs = Inputs(
                self.environment, url=self._url, clock=self._request.now, pieces=self._pieces,
                more=self._made_of_migrations() | self._made_of_the_rest(),
                tenancy=self.config.tenancy, access=self.config.access, own=self._made_of_encryption(),
            )  # fmt: skip
        return self._inputs

    def _coverage(self) -> str:
        """Return how far the rows of the rehearsal reached; empty where nothing was rehearsed in this run."""
        walk = self._published_walk()
        return f"rows of the rehearsal: {walk.coverage.summary}" if walk and walk.databases else ""

    @cached_property
    def scope(self) -> RevisionScope | None:
        """The revisions in scope; raises UsageError for a range that means nothing. None for a project without any."""
        from pytest_dbops.operations.migrations.scope import scope_of

        return scope_of(self.config, self.environment, self._request.revisions)

    @cached_property
    def _revisions(self) -> tuple[Case | None, ...]:
        found = self.scope.items if self.scope else ()
        return tuple(Case(each.id, each.file, each.upgrade_line or each.line) for each in found)

    def _made_of_migrations(self) -> dict[str, Piece]:
        """Return the inputs that come of the project's migrations, none where it has none."""
        if not self.config.project.migrations:
            return {}
        from pytest_dbops.operations.asked import asked_of
        from pytest_dbops.operations.migrations.incremental import Judging
        from pytest_dbops.operations.migrations.judging import inputs_of_migrations

        return inputs_of_migrations(
            Judging(
                self.config, self.environment, self.scope, self._progress, lambda: self._run, self._request.is_fresh,
                lambda: asked_of([c for c in self.checks if self.asked is None or c.code in self.asked]),
            )
        )  # fmt: skip

    def _made_of_the_rest(self) -> dict[str, Piece]:
        """Return the inputs that come of seeds, tenants, the audit trail, and earlier runs."""
        from pytest_dbops.operations.pieces import pieces_of

        return pieces_of(self.config, self.environment, self._progress, lambda: self._run)

    def _made_of_encryption(self) -> Mapping[str, Callable[[Inputs], object]]:
        """Return the inputs that come of encrypted columns and their keys."""
        from pytest_dbops.operations.encryption.provide import inputs_of_encryption

        return inputs_of_encryption(self.config, self.environment, self._pieces, self._request.cost)

    def _pending(self) -> tuple[str, ...] | None:
        """Return what the target lacks, if any process of the run has asked it."""
        from pytest_dbops.core.history import Standing

        found = self.published("standing", Standing)
        return None if found is None else tuple(each.id for each in found.pending)

    def _published_walk(self) -> Walk | None:
        from pytest_dbops.core.walk import Walk

        return self.published("walk", Walk)

    def published(self, name: str, kind: type[T]) -> T | None:
        """Return the input called `name` if any process of this run has made it."""
        if (mine := self._pieces.published(name, kind)) is not None or "_run" not in self.__dict__:
            return mine
        return SharedPieces(self._run.folder()).published(name, kind)  # made by a worker of this run

    @cached_property
    def _pieces(self) -> SharedPieces:
        return SharedPieces(self._request.run_folder)

    def _url(self) -> str:
        """Return the target's URL; an embedded database is built first. What fails once is not tried again."""
        if self._unprepared is not None:
            raise self._unprepared
        if self._prepared_url:
            return self._prepared_url
        if warning := refuse_unfit_key(self.config, self.environment):
            logger_of("compliance").warning(warning)
            self._progress(warning)
        if self.environment.is_embedded:
            from pytest_dbops.operations.embedded import embedded_url, refuse_empty

            refuse_empty(self.config, self.environment)
            url = embedded_url(self.config, self.environment, self._run, progress=self._progress)
        else:
            resolved = use_environment(self.config, self.environment.name)
            assert resolved.url is not None
            url = resolved.url.reveal()
        self._display_url = backend_for(self.environment.dialect).display_url(url)
        self._prepared_url = url
        return url

    def _verdict_rules(self) -> Rules:
        from pytest_dbops.core.verdict import Rules

        rules, gate = self._rules, self.config.gate
        return Rules(self.environment.name, rules.today, rules.fail_on, gate.may_skip, self.config.waivers)


def prepare_gate(request: GateRequest, *, progress: Progress) -> Gate:
    """Load configuration and checks, without connecting anywhere.

    Raises ConfigError for what is wrong in files, NothingToCheck when no check exists.
    """
    config = load_config(
        request.config_file,
        variables=request.variables,
        options=request.options,
        today=request.now.date(),
        mask=request.mask,
    )
    find_environment(config, request.environment)
    own = [config.path(place) for place in config.project.checks]
    checks = tune_checks(config, collect_checks(own, root=config.root, added=request.added))
    if not checks:
        raise NothingToCheck("the gate is empty: no check is installed")
    refuse_unreadable(checks)
    gate = Gate(request, config, checks, progress, notes=files_without_check(own, checks, root=config.root))
    if request.revisions is not None:
        _ = gate.scope  # a range that means nothing is refused before anything is collected
    return gate
