"""Install a trail: plan the statements that are lacking, and run them in one transaction."""

from __future__ import annotations

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.installed import Difference, Installed, Role, differences
from pytest_dbops.core.audit.port import AuditProduct
from pytest_dbops.core.audit.wanted import Wanted
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.audit.opened import (
    finish_interrupted,
    open_trail,
    open_writer,
    read_wanted,
    refuse_by_policy,
    refuse_standby,
    require_rules,
)
from pytest_dbops.operations.child import Progress


@frozen
class InstallPlan:
    """What installing does: statements in their order, without semicolons; none when all is there.

    tables: the audited tables, partitions included.
    """

    environment: str
    tables: tuple[str, ...]
    statements: tuple[str, ...]


def plan_install(config: Config, name: str | None, *, progress: Progress, is_whole: bool = False) -> InstallPlan:
    """Return what is lacking in an environment; writes nothing.

    is_whole: plan for a database that has nothing of a trail, as a migration needs it.
    Raises ConfigError for rules that name what is not there.
    """
    require_rules(config)
    with open_trail(config, name, progress=progress) as opened:
        wanted = read_wanted(config, opened.session)
        refuse_vain(wanted)
        installed = Installed(months=opened.installed.months) if is_whole else opened.installed
        statements = install_statements(opened.product, wanted, installed)
        if not is_whole:
            refuse_standby(opened)
    return InstallPlan(opened.environment.name, tuple(table.display for table in wanted.tables), statements)


def install(config: Config, name: str | None, *, progress: Progress) -> InstallPlan:
    """Install what is lacking, all or nothing, and return what was done; run again, it does nothing.

    Raises PolicyRefused before anything is opened where nothing may be written.
    """
    require_rules(config)
    finish_interrupted(config, refuse_by_policy(config, name))
    plan = plan_install(config, name, progress=progress)
    if plan.statements:
        progress(f"installing the audit trail: {len(plan.statements)} statements")
        with open_trail(config, name, progress=progress) as opened:
            environment, url = opened.environment, opened.url
        with open_writer(environment, url) as writer:
            writer.run(plan.statements)
        logger_of("compliance").info("%s: audit trail installed on %s tables", plan.environment, len(plan.tables))
    return plan


def install_statements(product: AuditProduct, wanted: Wanted, installed: Installed) -> tuple[str, ...]:
    """Return the statements that make what there is into what there must be."""
    found: list[str] = list(product.preparing(installed))
    for each in differences(product.expected(wanted, installed), installed.objects):
        found += _mending(each)
    return tuple(found)


def refuse_vain(wanted: Wanted) -> None:
    """Raise ConfigError for the first thing the rules ask that cannot be done."""
    if wanted.problems:
        raise ConfigError(wanted.problems[0][1])
    keyless = [table.display for table in wanted.tables if not table.columns]
    if keyless:
        raise ConfigError(f"[audit] exclude leaves no column of {keyless[0]!r} to record (take it out of tables)")


def _mending(each: Difference) -> tuple[str, ...]:
    if each.wanted is None:
        assert each.found is not None
        return each.found.drop if each.found.role is Role.RECORDS else ()
    if each.found is None or each.wanted.role is Role.FUNCTION:
        return each.wanted.make
    return (*each.wanted.drop, *each.wanted.make)
