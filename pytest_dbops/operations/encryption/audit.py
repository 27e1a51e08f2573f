"""Judge the fields of one encrypted column of a target: all of them, a sample, or their structure without a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import (
    EncryptedColumn,
    FieldAudit,
    FieldVerdict,
    KeyShare,
    Method,
    Offender,
)
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.evidence import key_text
from pytest_dbops.core.session import Session
from pytest_dbops.crypto.audit import ColumnAuditor, Named, Tally, follower_of
from pytest_dbops.crypto.bound import binding_of
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.nonces import NonceFilter, met_by_both
from pytest_dbops.operations.encryption import statements

BLOCK_ROWS = 10_000
LEAST_SHARED_ROWS = 200_000
"""Rows from which on several processes share the work; below, starting them takes longer than it saves."""

MOST_NONCES = 10_000
"""Repeated nonces that are kept in memory; a column with more has lost its source of randomness, not single fields."""

_NONCES_A_STATEMENT = 100
_MOST_SHOWN = 5
_PLAIN = (int, str, UUID)
"""Kinds of keys that every process writes alike."""

Key = tuple[Any, ...]


class Part(NamedTuple):
    """What was found in a range of keys: counts, the nonces that were met, and the processor's time for it."""

    tally: Tally
    nonces: NonceFilter
    cpu_s: float


class Helpers(Protocol):
    """Other processes that judge parts of a column."""

    @property
    def number(self) -> int:
        """How many there are; asked once a column."""

    def parts(
        self, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring, bounds: Sequence[Key],
        rows: int,
    ) -> Iterator[Part]:  # fmt: skip
        """Yield what each finds in its range of keys, of which `bounds` are the first of all but the first range.

        rows: of the whole table. Asked once a column. Raises CannotJudge where one of them cannot.
        """


def audit_column(
    session: Session, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring | None, cost: Cost,
    helpers: Helpers | None = None,
) -> FieldAudit:  # fmt: skip
    """Return what became of the fields of a column; columns: all whose fields may have been moved into it.

    keyring: None where there is none; then bytes alone are judged, in the database. helpers: who shares the work on a
    large table; None for nobody. Raises CannotJudge for a table
    without primary key, since its offenders could not be named, and what the session raises.
    """
    if not column.primary_key:
        raise CannotJudge(f"table {column.table!r} has no primary key, so the rows of {column.name} cannot be named")
    is_binary = _is_binary(session, column)
    if keyring is None:
        return _by_structure(session, column, is_binary=is_binary)
    sharing = helpers if is_binary else None
    estimated = _estimated_rows(session, column) if sharing is not None and cost is Cost.FULL else 0
    if sharing is not None and (bounds := _bounds(session, column, estimated, sharing.number)):
        return _by_many(session, column, columns, keyring, sharing.parts(column, columns, keyring, bounds, estimated))
    rows = int(session.scalar(statements.count_rows(column)))
    if cost is Cost.SAMPLE and rows > statements.SAMPLE_ROWS:
        return _by_sample(session, column, columns, keyring, rows)
    if sharing is not None and (bounds := _bounds(session, column, rows, sharing.number)):
        return _by_many(session, column, columns, keyring, sharing.parts(column, columns, keyring, bounds, rows))
    nonces = NonceFilter(rows)
    auditor = ColumnAuditor(keyring, column, columns, nonces)
    read_range(session, column, auditor)
    if is_binary and (nonces.noticed or nonces.is_full):
        _recount(session, column, auditor, _repeated_nonces(session, column) if nonces.is_full else nonces.noticed)
    return auditor.result(Method.FULL, rows)


def read_range(
    session: Session, column: EncryptedColumn, auditor: ColumnAuditor, low: Key | None = None, high: Key | None = None
) -> None:
    """Feed an auditor with the rows from one key on and before another, and settle what may have been moved."""
    ends = (("low", low or ()), ("high", high or ()))
    given = {f"{name}_{at}": _parameter(value) for name, key in ends for at, value in enumerate(key)}
    for block in session.stream(statements.read_fields_between(column, low, high), given, block_rows=BLOCK_ROWS):
        auditor.feed(block)
    _settle(session, column, auditor)
    if column.follower is not None:
        sql = statements.read_fields_between(follower_of(column), low, high)
        for block in session.stream(sql, given, block_rows=BLOCK_ROWS):
            auditor.feed_follower(block)


def _by_many(
    session: Session, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring,
    found: Iterable[Part],
) -> FieldAudit:  # fmt: skip
    """Count what several processes have found, and look for the nonces that two of them have met."""
    auditor = ColumnAuditor(keyring, column, columns)
    nonces, prints = set[bytes](), set[int]()
    parts = list(found)
    for part in parts:
        auditor.absorb(part.tally)
        nonces |= part.nonces.noticed
    for one, other in combinations(parts, 2):
        of_both, prints_of_both = met_by_both(one.nonces, other.nonces)
        nonces |= of_both
        prints |= prints_of_both
    if any(part.nonces.is_full for part in parts) or len(prints) > MOST_NONCES:
        nonces = set(_repeated_nonces(session, column))
    elif prints:
        nonces |= _with_prints(session, column, prints)
    if nonces:
        _recount(session, column, auditor, nonces)
    return auditor.result(Method.FULL, sum(part.tally.fields for part in parts))


def _with_prints(session: Session, column: EncryptedColumn, prints: Collection[int]) -> set[bytes]:
    """Return the nonces that have one of some prints, which are their bytes 4 to 7; 1 also stands for 0."""
    wanted = sorted({*prints, *({0} if 1 in prints else ())})
    sql = statements.read_nonces_of_prints(column, _NONCES_A_STATEMENT)
    found = set[bytes]()
    for some in _parts([each.to_bytes(4, "big") for each in wanted], _NONCES_A_STATEMENT):
        found |= {bytes(row["nonce"]) for row in session.query(sql, _filled("print", some))}
    return found


def _filled(name: str, values: Sequence[bytes]) -> dict[str, object]:
    """Return the parameters of a statement that takes a fixed number of values; the last one stands for the rest."""
    return {f"{name}_{place}": values[min(place, len(values) - 1)] for place in range(_NONCES_A_STATEMENT)}


def _estimated_rows(session: Session, column: EncryptedColumn) -> int:
    """Return how many rows the table is said to have, without reading it; 0 where that is not known.

    Good enough to divide them: a table that is larger gives its last process more, and of one that is smaller some
    bound is not found, or more rows are counted.
    """
    if session.dialect != "postgresql":
        return 0
    return int(session.scalar(statements.ESTIMATED_ROWS_ON_POSTGRESQL, {"table": statements.table_of(column)}) or 0)


def _bounds(session: Session, column: EncryptedColumn, rows: int, number: int) -> list[Key]:
    """Return the first keys of all ranges but the first; none where the table is small, or its keys are not plain."""
    if number < 2 or rows < LEAST_SHARED_ROWS:
        return []
    found = list[Key]()
    for at in range(1, number):
        for row in session.query(statements.read_key_at(column), {"number": rows * at // number}):
            found.append(tuple(row.values()))
    plain = all(type(value) in _PLAIN for key in found for value in key)
    return found if plain and len(set(found)) == number - 1 else []


def _parameter(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def _by_sample(
    session: Session, column: EncryptedColumn, columns: Sequence[EncryptedColumn], keyring: Keyring, rows: int
) -> FieldAudit:
    auditor = ColumnAuditor(keyring, column, columns)
    percent = 100 * statements.SAMPLE_ROWS / rows
    sql = statements.read_sampled_fields(column, session.dialect)
    for block in session.stream(sql, {"percent": percent}, block_rows=BLOCK_ROWS):
        auditor.feed(block)
    _settle(session, column, auditor)
    return auditor.result(Method.SAMPLE, rows)


def _settle(session: Session, column: EncryptedColumn, auditor: ColumnAuditor) -> None:
    """Look for the rows that moved fields were sealed for; in the column profile nothing is bound to a row."""

    def equal_rows(value: bytes) -> list[Named]:
        rows = session.query(statements.read_equal(column), {"value": value})
        return list(_named(column, [tuple(row.values()) for row in rows]))

    def all_rows() -> Iterator[Sequence[Named]]:
        for block in session.stream(statements.read_bindings(column), block_rows=BLOCK_ROWS):
            yield list(_named(column, block))

    auditor.settle(equal_rows, all_rows)


def _named(column: EncryptedColumn, rows: Sequence[Sequence[Any]]) -> Iterator[Named]:
    for row in rows:
        binding = binding_of(column.bind, row[: len(column.bind)])
        if binding is not None:
            key = dict(zip(column.primary_key, row[len(column.bind) :], strict=True))
            yield key_text(key, column.primary_key), binding


def _recount(session: Session, column: EncryptedColumn, auditor: ColumnAuditor, nonces: Collection[bytes]) -> None:
    """Look again at the fields whose nonce was met before."""
    found = set(nonces)
    _refuse_too_many(column, found)
    sql = statements.read_with_nonces(column, _NONCES_A_STATEMENT)
    for some in _parts(sorted(found), _NONCES_A_STATEMENT):
        auditor.recount(session.stream(sql, _filled("nonce", some), block_rows=BLOCK_ROWS))


def _repeated_nonces(session: Session, column: EncryptedColumn) -> list[bytes]:
    rows = session.query(statements.repeated_nonces(column, session.dialect), {"most": MOST_NONCES + 1})
    return [bytes(row["nonce"]) for row in rows]


def _refuse_too_many(column: EncryptedColumn, nonces: Collection[bytes]) -> None:
    if len(nonces) > MOST_NONCES:
        raise CannotJudge(
            f"more than {MOST_NONCES} nonces of {column.name} were used several times (is the column a copy of another,"
            " or are its fields sealed without a source of randomness?)"
        )


def _parts(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[first : first + size] for first in range(0, len(items), size))


def _is_binary(session: Session, column: EncryptedColumn) -> bool:
    """Whether the column can hold envelopes at all; one that is not there is left to the statements that read it."""
    if session.dialect != "postgresql":
        return True
    named = {"table": statements.table_of(column), "column": column.column}
    return session.scalar(statements.TYPE_ON_POSTGRESQL, named) in ("bytea", None)


def _by_structure(session: Session, column: EncryptedColumn, *, is_binary: bool) -> FieldAudit:
    """Judge what can be told of bytes without a key: set-wise, in the database."""
    dialect = session.dialect
    counts: Counter[FieldVerdict] = Counter()
    keys: Counter[str] = Counter()
    sql = statements.structure(column, dialect) if is_binary else statements.unsealed_fields(column)
    for row in session.query(sql):
        verdict = FieldVerdict(row["verdict"])
        if verdict is FieldVerdict.EMPTY and column.is_required:
            verdict = FieldVerdict.NULL_WHERE_REQUIRED
        counts[verdict] += row["fields"]
        if row["key_id"]:
            keys[bytes(row["key_id"]).hex()] += row["fields"]
    unsound = sum(counts.values()) - counts[FieldVerdict.OK] - counts[FieldVerdict.EMPTY]
    offenders = _first_unsound(session, column) if unsound and is_binary else ()
    nonces = _repeated_nonces(session, column) if is_binary else []
    _refuse_too_many(column, nonces)
    repeated = len(nonces)
    if repeated:
        counts[FieldVerdict.DUPLICATE_NONCE] += repeated
    return FieldAudit(
        column=column.name, method=Method.STRUCTURE, rows=sum(counts.values()) - repeated,
        fields=sum(counts.values()) - repeated,
        counts=tuple((+counts).most_common()), offenders=offenders,
        keys=tuple(KeyShare(name, number) for name, number in keys.most_common()),
    )  # fmt: skip


def _first_unsound(session: Session, column: EncryptedColumn) -> tuple[Offender, ...]:
    rows = session.query(statements.unsound_rows(column, session.dialect), {"most": _MOST_SHOWN})
    found = [Offender(key_text(row, column.primary_key), _verdict_of(row["dbops_verdict"])) for row in rows]
    return tuple(found)


def _verdict_of(word: str) -> FieldVerdict:
    return FieldVerdict.NULL_WHERE_REQUIRED if word == "null" else FieldVerdict(word)
