"""Read the entries, seals and batches of a trail: the statements that both products share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pytest_dbops.core.audit.entry import COLUMNS, Entry, entry_of
from pytest_dbops.core.audit.port import Reader
from pytest_dbops.core.audit.records import Records, records_of
from pytest_dbops.core.audit.sealed import Batch, Link, Seal, Standing, Waiting

_STANDING = "SELECT batches, up_to_id, hash FROM {}audit_state"
_RECORDS = """
SELECT operation, changed FROM {}audit_log WHERE operation IN ('ERASE', 'EXPIRE') AND changed IS NOT NULL ORDER BY id
"""
_WAITING = """
SELECT count(*) AS entries, {} AS oldest_s FROM {}audit_log WHERE id > (SELECT up_to_id FROM {}audit_state)
"""
_BATCHES = f"SELECT {', '.join(each.name for each in fields(Batch))} FROM {{}}audit_batch"  # noqa: S608  # names of ours
_SEALS = f"SELECT {', '.join(each.name for each in fields(Seal))} FROM {{}}audit_seal"  # noqa: S608  # as above


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a product says in its own words.

    prefix: stands before the name of each table. at: the moment of an entry as the format has it. oldest_s: the age of
    the oldest of some entries. ends: the statement for the last seals of `:tenants`, given as `listed` makes them.
    """

    prefix: str
    at: str
    oldest_s: str
    ends: str
    listed: Callable[[Sequence[str]], object]


class SqlTrail:
    """The trail behind a session or a connection of ours."""

    __slots__ = ("_reader", "_spelling")

    def __init__(self, reader: Reader, spelling: Spelling) -> None:
        self._reader, self._spelling = reader, spelling

    def standing(self) -> Standing:
        """Return where the trail says it ends; a trail without that row says it is empty."""
        rows = self._reader.query(_STANDING.format(self._spelling.prefix))
        return Standing(**_plain(rows[0])) if rows else Standing()

    def batches(self, after: int, most: int) -> Sequence[Batch]:
        """Return batches in order."""
        statement = f"{_BATCHES.format(self._spelling.prefix)} WHERE number > :after ORDER BY number LIMIT :most"
        return [Batch(**_plain(row)) for row in self._reader.query(statement, {"after": after, "most": most})]

    def seals(self, after: int, up_to: int) -> Sequence[Seal]:
        """Return the seals of some batches."""
        some = "WHERE batch > :after AND batch <= :up_to ORDER BY batch, number, tenant"
        rows = self._reader.query(f"{_SEALS.format(self._spelling.prefix)} {some}", {"after": after, "up_to": up_to})
        return [Seal(**_plain(row)) for row in rows]

    def entries(self, after_id: int, up_to_id: int, most: int) -> Sequence[Entry]:
        """Return entries by id."""
        some = "WHERE id > :after AND id <= :up_to ORDER BY id LIMIT :most"
        return self._found(some, {"after": after_id, "up_to": up_to_id, "most": most})

    def newest(self, most: int, narrowed: Mapping[str, str]) -> Sequence[Entry]:
        """Return the newest entries first."""
        where = "".join(f" AND {name} = :{name}" for name in narrowed if name in COLUMNS)
        return self._found(f"WHERE id > 0{where} ORDER BY id DESC LIMIT :most", {**narrowed, "most": most})

    def records(self) -> Records:
        """Return what the trail records of erasures and of removed months."""
        return records_of(self._reader.query(_RECORDS.format(self._spelling.prefix)))

    def waiting(self) -> Waiting:
        """Return what has no seal."""
        prefix = self._spelling.prefix
        row = self._reader.query(_WAITING.format(self._spelling.oldest_s, prefix, prefix))[0]
        return Waiting(row["entries"], max(0.0, row["oldest_s"]))

    def ends(self, tenants: Sequence[str]) -> Mapping[str, Link]:
        """Return the last seal of each of these tenants."""
        rows = self._reader.query(self._spelling.ends, {"tenants": self._spelling.listed(tenants)})
        return {row["tenant"]: Link(row["number"], bytes(row["hash"])) for row in rows}

    def _found(self, some: str, parameters: Mapping[str, object]) -> Sequence[Entry]:
        columns = ", ".join(f"{self._spelling.at} AS at" if name == "at" else name for name in COLUMNS)
        statement = f"SELECT {columns} FROM {self._spelling.prefix}audit_log {some}"  # noqa: S608  # names of ours
        return [entry_of(row) for row in self._reader.query(statement, parameters)]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with bytes, however the driver gives them."""
    return {name: bytes(value) if isinstance(value, memoryview | bytearray) else value for name, value in row.items()}
