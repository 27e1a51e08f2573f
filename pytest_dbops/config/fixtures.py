"""The table `[fixtures]`: what becomes of findings in the schema of the databases that tests are given."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.config.shapes import member, severity
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity


class SchemaMode(StrEnum):
    """What becomes of a session whose test databases have a schema with findings."""

    FAIL = "fail"
    WARN = "warn"
    OFF = "off"


@frozen
class Fixtures:
    """How the schema of test databases is judged.

    fail_on: least severity that counts; lower than a gate's, since what a change brings is mended most cheaply there.
    """

    schema: SchemaMode = SchemaMode.FAIL
    fail_on: Severity = Severity.WARNING


SCHEMA = Key(
    "schema", member(SchemaMode), "whether a finding in the schema of test databases fails the session, is only told,"
    " or is not looked for",
    "fail; warn in a project without this file", 'schema = "warn"', option="--dbops-schema",
)  # fmt: skip
FAIL_ON = Key(
    "fail_on", severity(), "least severity of such a finding that counts", "warning", 'fail_on = "error"',
)  # fmt: skip
FIXTURES = Table("fixtures", "The databases that tests are given.", (SCHEMA, FAIL_ON))


def read_fixtures(source: Source) -> Fixtures:
    """Return the table `[fixtures]`; without a file nobody has asked for anything, and findings are only told."""
    section = source.section(FIXTURES, "fixtures")
    default = Fixtures()
    usual = default.schema if source.document.tables else SchemaMode.WARN
    return Fixtures(section.read(SCHEMA, usual), section.read(FAIL_ON, default.fail_on))
