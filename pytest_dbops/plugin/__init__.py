"""The pytest plugin: options and registration only; everything else is imported when a gate is asked for."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest import Config, Item, Parser, PytestPluginManager

PARSER = pytest.StashKey["Parser"]()
"""Where the parser of the command line is kept for `selection`."""

GATE = "dbops-gate"
"""The name under which the plugin of a gate is registered."""

MARKER = (
    "dbops(code, category, severity): set on every check of a gate, so that `-m dbops` selects the gate's items "
    "and reports can read what an item asks."
)

MAX_QUERIES = (
    "max_queries(n): fail the test when its body runs more than n statements on SQLAlchemy engines and on connections "
    "of `dbops_database.connect()`."
)


def pytest_addoption(parser: Parser) -> None:
    """Add the options; see `pytest --help`, group `dbops`."""
    group = parser.getgroup("dbops", "database gate (pytest-dbops)")
    group.addoption(
        "--dbops-env",
        dest="dbops_env",
        metavar="NAME",
        default=None,
        help="run the gate of this environment of dbops.toml (development, testing, staging, ...). Without a path on "
        "the command line the gate alone is collected; with paths, exactly those are, and the gate if dbops.toml "
        "is one of them.",
    )
    group.addoption(
        "--dbops-config",
        dest="dbops_config",
        metavar="FILE",
        default=None,
        help="the configuration, which is also the anchor of the gate's node ids (default: the nearest dbops.toml in "
        "this folder or above it).",
    )
    group.addoption(
        "--dbops-fail-on",
        dest="dbops_fail_on",
        metavar="SEVERITY",
        default=None,
        help="lowest severity that blocks: info, warning, error or critical (default: [gate] fail_on, else error).",
    )
    group.addoption(
        "--dbops-cost",
        dest="dbops_cost",
        metavar="CLASS",
        default=None,
        choices=("catalog", "sample", "full"),
        help="most a check may read: catalog (no table data), sample, or full (default: full).",
    )
    group.addoption(
        "--dbops-revisions", dest="dbops_revisions", metavar="RANGE", default=None,
        help="revisions to judge: pending (what the target lacks), all, last:N, A:B, or one id; older ones are only "
        "put in (default: pending for staging and production, else all; less than that is a partial run).",
    )  # fmt: skip
    group.addoption(
        "--dbops-fresh", dest="dbops_fresh", action="store_true", default=False,
        help="rehearse every revision in scope, also what an earlier run has judged and nothing has changed since; for "
        "tests, build their template database anew.",
    )  # fmt: skip
    group.addoption(
        "--dbops-baseline",
        dest="dbops_baseline",
        metavar="FILE",
        default=None,
        help="let only findings fail that are not in this file (written by: dbops baseline write).",
    )
    group.addoption(
        "--dbops-report",
        dest="dbops_report",
        metavar="FORMATS",
        default=None,
        help="comma-separated reports to write: text, json, junit, or none (default: [gate] reports, else all three).",
    )
    group.addoption(
        "--dbops-report-dir",
        dest="dbops_report_dir",
        metavar="DIR",
        default=None,
        help="folder of the reports (default: dbops-reports/NAME beside dbops.toml).",
    )
    group.addoption(
        "--dbops-junit", dest="dbops_junit", metavar="PROFILE", default=None, choices=("rich", "strict"),
        help="JUnit flavour: rich (properties, file, line) or strict (valid against junit-10.xsd); default rich.",
    )  # fmt: skip
    group.addoption(
        "--dbops-schema", dest="dbops_schema", metavar="MODE", default=None, choices=("fail", "warn", "off"),
        help="what becomes of findings in the schema of the databases that tests were lent: fail the session, warn, or "
        "off (default: [fixtures] schema, else fail).",
    )  # fmt: skip
    group.addoption(
        "--dbops-leaks", dest="dbops_leaks", metavar="MODE", default="warn", choices=("fail", "warn"),
        help="what becomes of a test that leaves a transaction open, keeps a lock or such: fail or warn (default).",
    )  # fmt: skip
    group.addoption(
        "--dbops-keep", dest="dbops_keep", metavar="WHICH", default=None, choices=("failed",),
        help="failed: keep the database of each test that fails, and say how to connect to it.",
    )  # fmt: skip


def pytest_addhooks(pluginmanager: PytestPluginManager) -> None:
    """Declare the hook by which other packages add checks."""
    from pytest_dbops.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: Config, parser: Parser) -> Generator[None, object, object]:
    """Keep the parser, which alone tells paths on the command line from paths of addopts."""
    early_config.stash[PARSER] = parser
    _import_as_usual(early_config.pluginmanager)
    try:
        return (yield)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # a conftest.py that calls sys.exit(0) would end a gate green and without a word
        from pytest_dbops.plugin.conftest_failure import told_in_one_line

        raise told_in_one_line(err, early_config) from None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: Config) -> Generator[None, object, object]:
    """Hold the exit status of a gate: outermost and last, after all that other plugins do to it."""
    try:
        status = yield
    except SystemExit as err:
        if (gate := config.pluginmanager.getplugin(GATE)) is None:
            raise
        return gate.ended_by(err)
    gate = config.pluginmanager.getplugin(GATE)
    return status if gate is None else gate.held(status)


def pytest_configure(config: Config) -> None:
    """Register the gate if it was asked for; an idle plugin does nothing more than this."""
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", MAX_QUERIES)
    from pytest_dbops.plugin import fixtures

    config.pluginmanager.register(fixtures, "dbops-fixtures")
    if config.pluginmanager.hasplugin("asyncio") or config.pluginmanager.hasplugin("anyio"):
        from pytest_dbops.plugin import async_fixtures

        config.pluginmanager.register(async_fixtures, "dbops-async-fixtures")
    if config.getoption("dbops_env") is None and not any(".toml" in arg for arg in config.args):
        return
    from pytest_dbops.plugin.selection import register_gate

    register_gate(config)


def pytest_collection_modifyitems(config: Config, items: list[Item]) -> None:
    """Watch statements if a test bounds them."""
    if config.pluginmanager.hasplugin(GATE):
        from pytest_dbops.plugin.collect import CheckItem

        items = [item for item in items if not isinstance(item, CheckItem)]  # thousands, and none of them is a test
    if any("max_queries" in item.keywords for item in items):
        from pytest_dbops.plugin.query_bounds import QueryBounds

        config.pluginmanager.register(QueryBounds(), "dbops-query-bounds")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a new xdist worker the folder of the run, which this process owns."""
    from pytest_dbops.plugin.sharing import share_run

    share_run(node)


def _import_as_usual(pluginmanager: PytestPluginManager) -> None:
    """Take our modules from those whose `assert`s pytest rewrites: none tests anything, and a gate starts faster."""
    hook = pluginmanager.rewrite_hook
    marked: set[str] = getattr(hook, "_must_rewrite", set())
    ours = {name for name in marked if name.partition(".")[0] == __name__.partition(".")[0]}
    if ours:
        marked -= ours
        getattr(hook, "_marked_for_rewrite_cache", {}).clear()
