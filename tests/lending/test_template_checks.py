"""The schema of the databases that tests are lent is judged in every session, and a finding fails it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.fix_project import LEAN

ONLY = ("-p", "no:randomly", *LEAN.split())
MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

metadata = MetaData()
Table("parent", metadata, Column("id", Integer, primary_key=True))
Table("child", metadata, Column("id", Integer, primary_key=True),
      Column("parent_id", ForeignKey("parent.id"), nullable=False{index}))
"""
FILLED = """
from sqlalchemy import DDL, event

rows = "INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1); ANALYZE"
event.listen(metadata, "after_create", DDL(rows))
"""
CONFIG = '[project]\nmetadata = "{module}:metadata"\n[env.testing]\nurl = "embedded:{product}"\n'
TESTS = "def test_it(dbops_session): pass\ndef test_alone(): pass\n"
MISSING = "dbops.toml::template::schema::foreign_key_without_index[{}]"
WAIVER = '\n[[waiver]]\ncheck = "SCH004"\nsubject = "child.*"\nowner = "o"\nreason = "r"\nexpires = 9999-01-01\n'
OWN_CHECK = """
from own_helper import is_wanted
from pytest_dbops import Catalog, Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
def table_nobody_wants(catalog: Catalog):
    '''A table is not wanted.'''
    for table in catalog.tables:
        if not is_wanted(table.name):
            yield Finding(table.display, f"{table.display!r} is not wanted")
"""


class Shop:
    """A project of two tables, whose sessions are run in this process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.path, self._pytester = pytester.path, pytester
        self._module = f"models_{pytester.path.name}"
        pytester.makepyfile(test_it=TESTS)
        self.models("")
        self.config()

    def models(self, index: str, *, more: str = "") -> None:
        sys.modules.pop(self._module, None)
        self.write(f"{self._module}.py", MODELS.format(index=index) + more)

    def config(self, more: str = "", *, product: str = "sqlite") -> None:
        self.write("dbops.toml", CONFIG.format(module=self._module, product=product) + more)

    def write(self, name: str, text: str) -> None:
        self.path.joinpath(name).write_text(text, encoding="utf-8")

    def run(self, *options: str) -> pytest.RunResult:
        return self._pytester.runpytest_inprocess(*ONLY, *options)

    @property
    def kept(self) -> list[Path]:
        return sorted(self.path.glob(".dbops/schema-*.json"))


@pytest.fixture
def shop(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A project whose child table has a foreign key without an index."""
    for name in ("DBOPS_ENV", "DATABASE_URL", "SHADOW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.syspath_prepend(str(pytester.path))
    yield Shop(pytester)
    sys.modules.pop("own_helper", None)


def failures(result: pytest.RunResult) -> list[str]:
    """Return the node ids of what the summary says has failed."""
    return [line.split()[1] for line in result.outlines if line.startswith("FAILED ")]


def test_a_foreign_key_without_an_index_fails_the_session_until_it_has_one(shop: Shop) -> None:
    first = shop.run("--junitxml=it.xml")
    first.assert_outcomes(passed=2, failed=1)
    assert (first.ret, failures(first)) == (pytest.ExitCode.TESTS_FAILED, [MISSING.format("sqlite")])
    first.stdout.fnmatch_lines(["child.parent_id: no index finds rows*", "  fix: CREATE INDEX ix_child_parent_id*"])
    cases = ElementTree.parse(shop.path / "it.xml").getroot().iter("testcase")
    told = {case.get("name"): case.find("failure") is not None for case in cases}
    assert told == {"test_it": False, "test_alone": False, "foreign_key_without_index[sqlite]": True}
    shop.run("--lf").assert_outcomes(passed=2, failed=1)  # as there is no test that had failed
    shop.models(", index=True")
    mended = shop.run()
    mended.assert_outcomes(passed=2)
    assert mended.ret == pytest.ExitCode.OK


def test_what_was_found_is_kept_for_as_long_as_nothing_changes(shop: Shop) -> None:
    shop.run()
    (kept,) = shop.kept
    made = kept.stat().st_mtime_ns
    shop.run().assert_outcomes(passed=2, failed=1)
    assert kept.stat().st_mtime_ns == made
    shop.config(WAIVER.replace("9999-01-01", _soon()))
    shop.run().assert_outcomes(passed=2)
    kept.write_text("{", encoding="utf-8")
    shop.run().assert_outcomes(passed=2)
    assert kept.stat().st_mtime_ns > made


@pytest.mark.parametrize(
    ("config", "options", "failed", "is_told"),
    [
        ('[fixtures]\nschema = "warn"\n', (), 0, True),
        ('[fixtures]\nschema = "off"\n', (), 0, False),
        ('[fixtures]\nfail_on = "error"\n', (), 0, True),
        ("[checks.SCH004]\nenabled = false\n", (), 0, False),
        ("", ("--dbops-schema=warn",), 0, True),
        ('[fixtures]\nschema = "off"\n', ("--dbops-schema=fail",), 1, True),
        ("", ("-k", "test_alone"), 0, False),
        ("", ("--setup-only",), 0, False),
    ],
)
def test_a_finding_counts_as_it_is_asked_for(
    shop: Shop, config: str, options: tuple[str, ...], failed: int, is_told: bool
) -> None:
    shop.config(config)
    result = shop.run(*options)
    assert len(failures(result)) == failed
    assert ("SCH004" in result.stdout.str()) is is_told
    assert result.ret == failed


def test_a_project_without_configuration_is_told_and_does_not_fail(shop: Shop) -> None:
    (shop.path / "dbops.toml").unlink()
    shop.write(
        "conftest.py",
        "import dataclasses, pytest\n@pytest.fixture(scope='session')\ndef dbops_build(dbops_build):\n"
        f"    return dataclasses.replace(dbops_build, metadata='models_{shop.path.name}:metadata')\n",
    )
    result = shop.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*dbops: schema of the test databases*", "SCH004 warning: *"])


def test_a_finding_is_told_once_for_all_workers_and_is_not_smaller_for_the_few_rows_of_tests(shop: Shop) -> None:
    shop.config(product="postgresql")
    shop.models(", index=False", more=FILLED)
    shop.write("test_it.py", TESTS + "def test_other(dbops_database): pass\n")
    result = shop.run("-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    assert failures(result) == [MISSING.format("postgresql")]


def test_the_project_s_own_checks_of_the_schema_are_asked_too(shop: Shop) -> None:
    shop.config(WAIVER.replace("9999-01-01", _soon()))
    config = (shop.path / "dbops.toml").read_text(encoding="utf-8")
    shop.write("dbops.toml", config.replace("[project]\n", '[project]\nchecks = ["own"]\n'))
    (shop.path / "own").mkdir()
    shop.write("own/wanted.py", OWN_CHECK)
    shop.write("own_helper.py", "def is_wanted(name):\n    return True\n")
    shop.run().assert_outcomes(passed=2)
    sys.modules.pop("own_helper", None)
    shop.write("own_helper.py", "def is_wanted(name):\n    return name != 'child'\n")
    assert failures(shop.run()) == ["dbops.toml::template::checks::table_nobody_wants[sqlite]"]


def test_what_cannot_be_judged_fails_the_session_in_one_line_and_is_not_kept(shop: Shop) -> None:
    shop.config("[checks.SCH999]\nenabled = false\n")
    result = shop.run()
    result.assert_outcomes(passed=2, failed=1)
    assert failures(result) == ["dbops.toml::template[sqlite]"]
    result.stdout.fnmatch_lines(["the schema of the test databases could not be judged: dbops.toml:*SCH999*"])
    assert "Traceback" not in result.stdout.str()
    assert not shop.kept


def _soon() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


def test_a_schema_that_was_judged_before_costs_no_import_of_what_judges(shop: Shop) -> None:
    module = "pytest_dbops.operations.fixtures.judging_anew"
    shop.write(
        "conftest.py", f"import sys\ndef pytest_unconfigure():\n    print('judges:', {module!r} in sys.modules)\n"
    )
    shop.run("-s").stdout.fnmatch_lines(["judges: True"])
    again = shop.run("-s")
    assert failures(again) == [MISSING.format("sqlite")]
    again.stdout.fnmatch_lines(["judges: False"])
