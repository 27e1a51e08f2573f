"""Ask the checks that maintenance can answer, on one snapshot of an environment; reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from itertools import accumulate

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.config.model import Config
from pytest_dbops.config.tuning import tune_checks
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import Check, Cost, Settings
from pytest_dbops.core.deploy.journal import Entry
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import ArchiveRule, OldRows
from pytest_dbops.core.maintenance.estimate import Rates
from pytest_dbops.core.maintenance.tasks import tasks_of
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.session import Identity, Session, Statistics
from pytest_dbops.operations.deploying.journal import read_journal
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.kept_history import KeptHistory, load_history
from pytest_dbops.operations.maintaining.journal import rates_in
from pytest_dbops.operations.maintaining.old_rows import find_old_rows
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces

_PAGE = "SELECT pg_catalog.current_setting('block_size')"
_SIZE = """
SELECT pg_catalog.pg_relation_size(c.oid)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :name
"""


@frozen
class Look:
    """What is asked: of which environment, when, how much a check may read, and which rows are old by which rules."""

    config: Config
    environment: Environment
    now: datetime
    cost: Cost
    archives: tuple[ArchiveRule, ...] = ()


@frozen
class Seen:
    """One snapshot, and what the checks found in it.

    findings: those that no waiver excuses, worst first. unjudged: what could not be judged, a line each.
    unjudged_codes: of the checks that it concerns. sizes: bytes of tables by schema and name.
    old_rows: what the rules of `[[archive]]` find. settings: the thresholds of the checks that were asked.
    """

    identity: Identity
    catalog: Catalog
    statistics: Statistics
    findings: tuple[Finding, ...]
    unjudged: tuple[str, ...]
    unjudged_codes: frozenset[str]
    journal: tuple[Entry, ...] = ()
    rates: Rates = field(default_factory=Rates)
    sizes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    old_rows: tuple[OldRows, ...] = ()
    settings: Mapping[str, Settings] = field(default_factory=dict)

    def of(self, *codes: str) -> tuple[Finding, ...]:
        """Return the findings of some checks."""
        return tuple(each for each in self.findings if each.code in codes)

    def settings_of(self, code: str) -> Settings:
        """Return the thresholds that a check was asked with."""
        return self.settings[code]

    def size_of(self, schema: str, name: str) -> int:
        """Return how big a table is; 0 where nobody could say."""
        return self.sizes.get((schema, name), 0)


def answerable_checks(config: Config, dialect: str) -> tuple[Check, ...]:
    """Return the checks that some kind of step answers, tuned as the project has it; of any kind of environment."""
    codes = {code for task in tasks_of(dialect) for code in task.codes}
    tuned = tune_checks(config, builtin_checks())
    # Asked for by name, they are asked also where a gate leaves them out.
    return tuple(replace(check, kinds=()) for check in tuned if check.code in codes and dialect in check.backends)


def look(asked: Look, codes: Collection[str] | None = None) -> Seen:
    """Read one snapshot and ask the checks of these codes, or all that can be answered.

    Raises what keeps the database from being read.
    """
    config, environment = asked.config, asked.environment
    assert environment.url is not None
    url = environment.url.reveal()
    inputs = Inputs(
        environment, url=lambda: url, clock=asked.now, pieces=SharedPieces(None),
        more={"history": (KeptHistory, lambda _: load_history(config, environment))},
    )  # fmt: skip
    try:
        session = inputs.session
        checks = [c for c in answerable_checks(config, environment.dialect) if codes is None or c.code in codes]
        seen = _seen(asked, inputs, session, checks)
    except BaseException:
        inputs.close()
        raise
    if broken := inputs.close():
        raise CannotJudge(broken)
    return seen


def _seen(asked: Look, inputs: Inputs, session: Session, checks: Sequence[Check]) -> Seen:
    results = [run_check(check, inputs, _rules(asked)) for check in checks]
    catalog, statistics = inputs.get("catalog"), inputs.get("statistics")
    assert isinstance(catalog, Catalog)
    assert isinstance(statistics, Statistics)
    unsure = [each for each in results if each.outcome is Outcome.INCONCLUSIVE]
    findings = tuple(finding for result in results for finding in result.findings)
    journal = _journal(session)
    old = find_old_rows(asked.archives, session, catalog, asked.environment, now=asked.now, cost=asked.cost)
    uncounted = (f"archive_rows {each}" for each in old.uncounted)
    return Seen(
        session.identity, catalog, statistics, findings,
        (*(f"{each.code} {each.reason}" for each in unsure), *uncounted), frozenset(each.code for each in unsure),
        journal, rates_in(journal), _sizes(session, catalog, findings), old.found,
        {check.code: Settings(check.settings) for check in checks},
    )  # fmt: skip


def _journal(session: Session) -> tuple[Entry, ...]:
    """Return the journal; none where the role may not read it, since only rates are taken from it."""
    try:
        return read_journal(session)
    except MissingPrivilege:
        return ()


def _sizes(session: Session, catalog: Catalog, findings: Sequence[Finding]) -> dict[tuple[str, str], int]:
    """Return the sizes of tables as the catalog has them; of those in question that it knows nothing of, as they are.

    A table that somebody has locked is not waited for longer than the session's lock time-out: it then has no size.
    """
    page = 8192 if catalog.dialect != "postgresql" else int(session.scalar(_PAGE))
    sizes = {(table.schema, table.name): table.pages * page for table in catalog.tables if table.pages}
    asked = {name for each in findings for name in accumulate(each.subject.split("."), "{}.{}".format)}
    for table in catalog.tables if catalog.dialect == "postgresql" else ():
        if table.pages or table.display not in asked:
            continue
        with suppress(CannotJudge):
            name = {"schema": table.schema, "name": table.name}
            sizes[table.schema, table.name] = int(session.scalar(_SIZE, name) or 0)
    return sizes


def _rules(asked: Look) -> RunRules:
    return RunRules(
        environment=asked.environment, root=asked.config.root, today=asked.now.date(), cost=asked.cost,
        waivers=asked.config.waivers,
    )  # fmt: skip
