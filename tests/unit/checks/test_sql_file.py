"""A check written as one SELECT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_dbops.checks.sql_file import MOST_FINDINGS, Threshold, parse_sql_check
from pytest_dbops.core.check import Cost
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.finding import Finding, offenders
from pytest_dbops.core.severity import Severity


class Rows:
    """A session that answers every statement with given rows; the rest of the port is not asked."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], total: int | None = None) -> None:
        self._rows, self._total = rows, len(rows) if total is None else total

    def sample(self, sql: str, limit: int, params: object = None) -> tuple[Sequence[Mapping[str, Any]], int]:
        return self._rows[:limit], self._total


def findings(folder: Path, header: str, rows: Sequence[Mapping[str, Any]], total: int | None = None) -> list[Finding]:
    file = folder / "odd_invoices.sql"
    file.write_text(f"-- code: OWN001\n-- severity: error\n{header}SELECT id FROM invoice;\n", encoding="utf-8")
    return list(parse_sql_check(file).function(Rows(rows, total)))


def test_no_row_is_a_pass(tmp_path: Path) -> None:
    assert findings(tmp_path, "", []) == []


def test_each_row_is_a_finding_known_by_its_key(tmp_path: Path) -> None:
    found = findings(tmp_path, "-- title: Odd\n-- hint: mend it\n", [{"id": 1}, {"id": 2}])
    assert [f.subject for f in found] == ["odd_invoices[id=1]", "odd_invoices[id=2]"]
    assert {(f.message, f.hint, f.severity) for f in found} == {("Odd", "mend it", Severity.ERROR)}


def test_rows_beyond_the_bound_are_counted(tmp_path: Path) -> None:
    found = findings(tmp_path, "", [{"id": n} for n in range(MOST_FINDINGS)], total=1234)
    assert len(found) == MOST_FINDINGS + 1
    assert found[-1].message == "1,234 rows in all; the first 50 are findings of their own"
    assert offenders(found) == 1234


@pytest.mark.parametrize(
    ("header", "rows", "severity"),
    [
        ("-- warn_if: > 0\n", 1, Severity.WARNING),
        ("-- warn_if: > 0\n-- error_if: > 10\n", 10, Severity.WARNING),
        ("-- warn_if: > 0\n-- error_if: > 10\n", 11, Severity.ERROR),
        ("-- error_if: >= 3\n", 2, Severity.INFO),
    ],
)
def test_thresholds_are_on_the_number_of_rows(tmp_path: Path, header: str, rows: int, severity: Severity) -> None:
    found = findings(tmp_path, header, [{"id": n} for n in range(rows)])
    assert {f.severity for f in found} == {severity}


@pytest.mark.parametrize(
    ("text", "rows", "holds"), [(">", 11, True), (">=", 10, True), ("<", 10, False), ("=", 10, True), ("!=", 10, False)]
)
def test_threshold_compares(text: str, rows: int, holds: bool) -> None:
    assert Threshold(text, 10).holds(rows) is holds


def test_key_that_is_not_selected_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="'number', which the SELECT does not return"):
        findings(tmp_path, "-- key: number\n", [{"id": 1}])


def test_header_gives_backends_and_kinds(tmp_path: Path) -> None:
    file = tmp_path / "only.sql"
    file.write_text("-- code: OWN001\n-- severity: error\n-- backends: sqlite\n-- kinds: production\nSELECT 1\n")
    made = parse_sql_check(file)
    assert (made.name, made.backends, made.kinds, made.is_own) == ("only", ("sqlite",), ("production",), True)


def test_comment_lines_become_the_description(tmp_path: Path) -> None:
    file = tmp_path / "told.sql"
    file.write_text("-- code: OWN001\n-- severity: error\n-- title: Odd\n--\n-- Note: amounts in cents.\nSELECT 1\n")
    assert parse_sql_check(file).description == "Odd.\n\nNote: amounts in cents."


def test_severity_is_error_where_none_is_given(tmp_path: Path) -> None:
    file = tmp_path / "odd.sql"
    file.write_text("-- code: OWN001\nSELECT 1\n")
    made = parse_sql_check(file)
    assert (made.severity, made.cost) == (Severity.ERROR, Cost.FULL)


def test_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "odd.sql"
    file.write_bytes(b"\xef\xbb\xbf-- code: OWN001\r\n-- title: Odd\r\nSELECT 1\r\n")
    made = parse_sql_check(file)
    assert (made.code, made.title, made.statement.startswith("-- code")) == ("OWN001", "Odd", True)


@pytest.mark.parametrize("header", ["title", "hint", "severity", "key", "code"])
def test_empty_header_is_refused(tmp_path: Path, header: str) -> None:
    file = tmp_path / "odd.sql"
    file.write_text(f"-- {header}:\n-- code: OWN001\nSELECT 1\n")
    with pytest.raises(ConfigError, match=rf"odd\.sql:1: header '{header}' is empty"):
        parse_sql_check(file)


@pytest.mark.parametrize("name", ["a::b", "a b", "a[b]", "a'b", "a(b)"])
def test_name_that_no_node_id_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.sql"
    file.write_text("-- code: OWN001\nSELECT 1\n")
    with pytest.raises(ConfigError, match=r"cannot stand in a node id; write letters, digits and _$"):
        parse_sql_check(file)


@pytest.mark.parametrize("name", ["prices-2024.postgresql", "Größe", "001_first"])
def test_name_may_hold_letters_digits_and_dashes(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.sql"
    file.write_text("-- code: OWN001\nSELECT 1\n")
    assert parse_sql_check(file).name == name.replace(".", "_").replace("-", "_")
