"""Lends databases to the tests of one process, looks at them afterwards, and names who left something behind."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.isolation import Leak, State
from pytest_dbops.operations.fixtures.engines import LentEngine, OuterTransaction, made_session
from pytest_dbops.operations.fixtures.handles import Kept, TestDatabase
from pytest_dbops.operations.fixtures.source import FixtureSource, find_source
from pytest_dbops.plugin.kept import KEPT, tell_controller
from pytest_dbops.plugin.progress import progress_on
from pytest_dbops.plugin.sharing import run_of
from pytest_dbops.plugin.template_checks import expect_templates

if TYPE_CHECKING:
    from pytest import CallInfo, Config, Item, TestReport
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from pytest_dbops.core.seeded import SeededOrganization
    from pytest_dbops.operations.fixtures.postgresql import PostgresqlPlace, PostgresqlTemplate
    from pytest_dbops.operations.fixtures.sqlite import SqlitePlace, SqliteTemplate
    from pytest_dbops.provisioning.headstart import HeadStart

    Template = PostgresqlTemplate | SqliteTemplate
    Place = PostgresqlPlace | SqlitePlace

SETTLING = "dbops-settling"
LENDER = pytest.StashKey["Lender"]()


class DbopsLeakWarning(UserWarning):
    """Tells of a test that left something behind which would have reached the next one."""


def lender_of(config: Config) -> Lender:
    """Return what lends databases in this process, made when the first test needs one."""
    lender = config.stash.get(LENDER, None)
    if lender is None:
        lender = config.stash[LENDER] = Lender(config)
        config.add_cleanup(lender.close)
    return lender


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Make what goes wrong with databases an error of one line instead of frames of ours."""
    try:
        yield
    except DbopsError as err:
        raise pytest.fail.Exception(str(err), pytrace=False) from None


class Lender:
    """The places of one process: for each template one database, one engine and one connection kept open."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._run = run_of(config)
        self._lent: dict[str, Lent] = {}

    def source(self, environment: str | None = None) -> FixtureSource:
        """Return what dbops.toml says of an environment's databases; of the one that is asked for when None."""
        given = self._config.getoption("dbops_config")
        return find_source(
            self._config.rootpath,
            variables=os.environ,
            file=self._config.invocation_params.dir / given if given else None,
            environment=environment or self._config.getoption("dbops_env"),
        )

    def template(self, source: FixtureSource, head_start: HeadStart | None = None) -> Template:
        """Return the finished template of a source; the first process that asks builds it.

        head_start: a server that is being started already, which may be the one that holds it.
        """
        expect_templates(self._config, self._run)
        is_fresh, progress = self._config.getoption("dbops_fresh"), progress_on(self._config)
        # A first test waits for what is imported here: what the other product needs is not.
        if source.dialect == "postgresql":
            from pytest_dbops.operations.fixtures.postgresql import postgresql_template

            return postgresql_template(source, self._run, progress, is_fresh=is_fresh, head_start=head_start)
        from pytest_dbops.operations.fixtures.sqlite import sqlite_template

        return sqlite_template(source, self._run, progress, is_fresh=is_fresh)

    def of(self, template: Template) -> Lent:
        """Return what this process lends of a template."""
        if template.name not in self._lent:
            self._lent[template.name] = Lent(template)
            if not self._config.pluginmanager.hasplugin(SETTLING):
                self._config.pluginmanager.register(self, SETTLING)
        return self._lent[template.name]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Item) -> Generator[None, object, object]:
        """Look at every database that the test could have changed, when all its fixtures have ended."""
        has_failed = True
        try:
            result = yield
            has_failed = item.stash.get(FAILED, False)
            return result
        finally:
            with told_in_one_line():
                leaks = self._looked(item)
            # What a test left that failed is no news, and would hide how it failed.
            if leaks and not has_failed:
                report_leaks(item, leaks, may_leak=self._config.getoption("dbops_leaks") != "fail")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Item, call: CallInfo[None]) -> Generator[None, TestReport, TestReport]:
        """Note that a test has failed before its fixtures end."""
        report = yield
        if report.failed and report.when != "teardown":
            item.stash[FAILED] = True
            if self._config.getoption("dbops_keep") == "failed" and "_dbops_lent" in getattr(item, "fixturenames", ()):
                for lent in self._lent.values():
                    lent.was_kept = True
        return report

    def _looked(self, item: Item) -> list[Leak]:
        """Put back, or keep, what the test could have changed; return what it left behind."""
        leaks: list[Leak] = []
        for lent in self._lent.values():
            if lent.was_kept:
                self._config.stash.setdefault(KEPT, []).append(lent.keep(item.nodeid))
            elif lent.is_touched:
                leaks += lent.settled()
        return leaks

    def pytest_sessionfinish(self) -> None:
        """Tell the controller what was kept here."""
        tell_controller(self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Take the answer on the transaction of the test before; the next one begins with what it should."""
        with told_in_one_line():
            for lent in self._lent.values():
                lent.collect()

    def close(self) -> None:
        """Let go of all databases."""
        for lent in self._lent.values():
            lent.close()
        self._lent.clear()


class Lent:
    """One database that is lent to test after test."""

    def __init__(self, template: Template) -> None:
        self.place: Place = template.place()
        self.session = made_session
        self.was_kept = False
        """Whether the database stays as the failed test at hand leaves it."""
        self._engine: LentEngine | None = None
        self._outer: OuterTransaction | None = None
        self._organizations: tuple[SeededOrganization, ...] = ()

    @property
    def database(self) -> TestDatabase:
        """The database as it is lent now."""
        return self.place.database

    def engine(self) -> Engine:
        """Return the engine that is kept from test to test."""
        if self._engine is None:
            self._engine = LentEngine(self.database)
        return self._engine.engine

    def begin(self, engine: Engine) -> Connection:
        """Return the connection of a test in its outer transaction, on our engine or on one of the project's own."""
        if self._outer is None or self._outer.engine is not engine:
            if self._outer is not None:
                self._outer.close()
            self._outer = OuterTransaction(engine, self._engine)
        return self._outer.begin()

    def organizations(self) -> tuple[SeededOrganization, ...]:
        """Return the organizations that the template was seeded with."""
        if not self._organizations:
            from pytest_dbops.operations.fixtures.organizations import read_organizations

            self._organizations = read_organizations(self.database)
        return self._organizations

    def commit_quietly(self, session: Session) -> None:
        """Let what a failed test had in its session be seen in the database that is kept, if it can be."""
        with suppress(Exception):
            session.commit()

    def end(self) -> None:
        """Begin to end the outer transaction."""
        if self._outer is None:
            return
        if self.was_kept:
            self._outer.commit()
        else:
            self._outer.end()

    @property
    def is_touched(self) -> bool:
        """Whether the test at hand could have changed the database otherwise than in its outer transaction."""
        return self.place.lease.was_given or (self._engine is not None and self._engine.used)

    def collect(self) -> None:
        """Make an end of the outer transaction, and put back what was committed out of it."""
        if self._outer is not None and self._outer.collect():
            self._settle()

    def settled(self) -> Sequence[Leak]:
        """Put the database back; return what the test has left behind."""
        if self._outer is not None:
            self._outer.collect()
        if self._engine is not None:
            self._engine.tidy()
            self._engine.used = False
        return self._settle()

    def keep(self, test: str) -> Kept:
        """Leave the database to a person and go on with another."""
        self.was_kept = False
        self._let_go()
        return self.place.keep(test)

    def _settle(self) -> Sequence[Leak]:
        settled = self.place.settle()
        if settled.state is State.ALTERED:
            self._let_go()
            self.place.replace()
        return settled.leaks

    def _let_go(self) -> None:
        """Close our own connections, which would not outlive their database."""
        if self._outer is not None:
            self._outer.close()
        if self._engine is not None:
            self._engine.close()

    def close(self) -> None:
        """Let go of connections, engine and database."""
        self._let_go()
        with suppress(DbopsError):
            self.place.close()


FAILED = pytest.StashKey[bool]()
"""Set on a test whose body failed: what its frames still hold is no leak."""


def report_leaks(item: Item, leaks: Sequence[Leak], *, may_leak: bool) -> None:
    """Warn of, or fail for, what a test left behind; in one line that begins with its name."""
    text = f"{item.nodeid} left behind: {'; '.join(dict.fromkeys(leak.what for leak in leaks))}"
    if not may_leak:
        pytest.fail(text, pytrace=False)
    warnings.warn(DbopsLeakWarning(text), stacklevel=2)
