"""A check written as one SELECT that returns the offending rows, with a comment header.

-- code: BKS001
-- severity: error
-- title: An invoice's total differs from its lines
-- hint: recompute the invoice, or book a correction
-- backends: postgresql, sqlite
-- key: org_id, id             columns by which a row is shown
-- show: number, net           further text columns that may be shown
-- warn_if: > 0                thresholds on the number of rows; without them any row counts
-- error_if: > 10
SELECT ...
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pytest_dbops.core.check import Check, Cost, Privilege, check, check_of
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.evidence import as_evidence, key_text
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import ResultRow, Session
from pytest_dbops.core.severity import Severity

MOST_FINDINGS = 50

_KEYS = (
    "code", "severity", "title", "hint", "backends", "kinds", "cost", "key", "show", "warn_if", "error_if",
)  # fmt: skip
_HEADER = re.compile(r"--\s*(?P<key>[A-Za-z_]+)\s*:\s*(?P<value>.*)")
_THRESHOLD = re.compile(r"(?P<operator>>=|<=|!=|=|>|<)\s*(?P<number>\d+)")
_COMPARE = {
    ">": int.__gt__, ">=": int.__ge__, "<": int.__lt__, "<=": int.__le__, "=": int.__eq__, "!=": int.__ne__,
}  # fmt: skip


@frozen
class Threshold:
    """A condition on a number of rows, as in `> 10`."""

    operator: str
    number: int

    def holds(self, rows: int) -> bool:
        """Whether `rows` meets the condition."""
        return bool(_COMPARE[self.operator](rows, self.number))


@frozen
class SqlCheck:
    """What a `.sql` file says."""

    file: Path
    sql: str
    title: str
    hint: str
    key: tuple[str, ...]
    show: tuple[str, ...]
    severity: Severity
    warn_if: Threshold | None
    error_if: Threshold | None

    def severity_for(self, rows: int) -> Severity:
        """Return how bad this number of offending rows is; INFO when no threshold is met."""
        if self.warn_if is None and self.error_if is None:
            return self.severity
        if self.error_if is not None and self.error_if.holds(rows):
            return max(self.severity, Severity.ERROR)
        if self.warn_if is not None and self.warn_if.holds(rows):
            return Severity.WARNING
        return Severity.INFO


def parse_sql_check(file: Path) -> Check:
    """Read a `.sql` file as a check; raises ConfigError with file and line for a malformed header."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{file} cannot be read: {err}") from err
    header, description = _parse_header(text, file)
    made = _sql_check(file, text, header)
    return _as_check(made, header, description)


def _parse_header(text: str, file: Path) -> tuple[Mapping[str, str], str]:
    header: dict[str, str] = {}
    description: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("--"):
            break
        match = _HEADER.fullmatch(line.strip())
        key = match["key"].lower() if match else ""
        if match and key in _KEYS:
            if key in header:
                raise ConfigError(f"{file}:{number}: header {key!r} is given twice")
            if not match["value"].strip():
                raise ConfigError(f"{file}:{number}: header {key!r} is empty; write its value, or leave the line out")
            header[key] = match["value"].strip()
        elif match and (near := difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.75)):
            raise ConfigError(f"{file}:{number}: header {key!r} is unknown; did you mean {near[0]!r}?")
        else:
            description.append(line.strip().removeprefix("--").strip())
    if "code" not in header:
        raise ConfigError(f"{file}:1: header lacks 'code'; write '-- code: ...' above the SELECT")
    return header, "\n".join(description).strip()


def _sql_check(file: Path, text: str, header: Mapping[str, str]) -> SqlCheck:
    sql = text.rstrip().rstrip(";").rstrip()
    if all(not line.strip() or line.lstrip().startswith("--") for line in sql.splitlines()):
        raise ConfigError(f"{file}: holds no SELECT")
    try:
        severity = Severity.parse(header.get("severity", "error"))
    except ValueError as err:
        raise ConfigError(f"{file}: header severity: {err}") from err
    return SqlCheck(
        file=file,
        sql=sql,
        title=header.get("title") or file.stem.replace("_", " "),
        hint=header.get("hint", ""),
        key=_words(header.get("key", "")),
        show=_words(header.get("show", "")),
        severity=severity,
        warn_if=_threshold(header, "warn_if", file),
        error_if=_threshold(header, "error_if", file),
    )


def _threshold(header: Mapping[str, str], name: str, file: Path) -> Threshold | None:
    if name not in header:
        return None
    match = _THRESHOLD.fullmatch(header[name])
    if match is None:
        raise ConfigError(f"{file}: header {name} is {header[name]!r}; write a comparison such as '> 10'")
    return Threshold(match["operator"], int(match["number"]))


def _as_check(made: SqlCheck, header: Mapping[str, str], description: str) -> Check:
    def judge(session: Session) -> Iterator[Finding]:
        return _findings(made, session)

    judge.__name__ = _name(made.file)
    judge.__doc__ = f"{made.title}.\n\n{description}" if description else f"{made.title}."
    try:
        decorated = check(
            header["code"],
            severity=made.severity,
            backends=_one_of(header, "backends", ("postgresql", "sqlite")),
            kinds=_one_of(header, "kinds", ("development", "testing", "staging", "production"), default=()),
            cost=Cost(_one_of(header, "cost", tuple(Cost), default=("full",))[0]),
            privilege=Privilege.SELECT,
        )(judge)
    except ConfigError as err:
        raise ConfigError(f"{made.file}: {err}") from err
    found = check_of(decorated)
    assert found is not None
    return replace(found, file=made.file, line=1, is_own=True, statement=made.sql)


def _name(file: Path) -> str:
    """Return the check's name: the file's, without a `.postgresql` or `.sqlite` that tells variants apart."""
    return file.stem.replace(".", "_").replace("-", "_")


def _one_of(
    header: Mapping[str, str], name: str, allowed: tuple[str, ...], default: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    words = _words(header.get(name, ""))
    for word in words:
        if word not in allowed:
            raise ConfigError(f"header {name}: {word!r} is unknown (one of {', '.join(allowed)})")
    return words or (allowed if default is None else default)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _findings(made: SqlCheck, session: Session) -> Iterator[Finding]:
    rows, total = session.sample(made.sql, MOST_FINDINGS)
    if not total:
        return
    severity = made.severity_for(total)
    for row in rows:
        yield _finding(made, row, severity)
    if total > len(rows):
        yield Finding(
            subject=_name(made.file),
            message=f"{total:,} rows in all; the first {len(rows)} are findings of their own",
            hint=made.hint,
            identity="more",
            severity=severity,
            stands_for=total - len(rows),
        )


def _finding(made: SqlCheck, row: ResultRow, severity: Severity) -> Finding:
    missing = [name for name in (*made.key, *made.show) if name not in row]
    if missing:
        raise CannotJudge(f"{made.file.name}: header names column {missing[0]!r}, which the SELECT does not return")
    shown = key_text(row, made.key)
    return Finding(
        subject=f"{_name(made.file)}[{shown}]",
        message=made.title,
        hint=made.hint,
        evidence=(as_evidence(row, key=made.key, show=made.show),),
        severity=severity,
    )
