"""Encrypted columns, keys and what became of stored fields: data that models, gate and reports share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pytest_dbops.core.encryption_terms import SOUND as SOUND
from pytest_dbops.core.encryption_terms import FieldVerdict as FieldVerdict
from pytest_dbops.core.encryption_terms import KeyState as KeyState
from pytest_dbops.core.encryption_terms import Method as Method
from pytest_dbops.core.encryption_terms import Purpose as Purpose
from pytest_dbops.core.frozen import frozen


class Profile(StrEnum):
    """What a field is bound to: its column, or its row as well."""

    COLUMN = "column"
    ROW = "row"


class Content(StrEnum):
    """What an encrypted column holds."""

    TEXT = "text"
    JSON = "json"
    BYTES = "bytes"


class BoundAs(StrEnum):
    """How a value of a binding column is written in the additional data."""

    NUMBER = "number"
    UUID = "uuid"
    TEXT = "text"


@frozen
class BoundColumn:
    """A column whose value a field is bound to."""

    name: str
    written: BoundAs


@frozen
class IndexColumn:
    """The blind index of an encrypted column; tenant: the column of the tenant in it, None where it has none.

    unique_by: name of the index that makes it unique, empty where a constraint or nothing does; unique_on: its columns.
    is_follower: whether it takes over from another one.
    """

    name: str
    normalise: str
    length_bytes: int
    is_unique: bool = False
    tenant: BoundColumn | None = None
    unique_by: str = ""
    unique_on: tuple[str, ...] = ()
    is_follower: bool = False


@frozen
class EncryptedColumn:
    """An encrypted column as its model declares it.

    table, column: in the database; place: the two names its fields are sealed for.
    bind: the columns of tenant and row of the row profile, in this order; none in the column profile.
    primary_key: columns that name a row to a person. follower: the index that takes over from `index`.
    """

    schema: str
    table: str
    column: str
    place: tuple[str, str]
    content: Content
    is_required: bool
    primary_key: tuple[str, ...]
    bind: tuple[BoundColumn, ...] = ()
    index: IndexColumn | None = None
    follower: IndexColumn | None = None

    @property
    def profile(self) -> Profile:
        """What its fields are bound to."""
        return Profile.ROW if self.bind else Profile.COLUMN

    @property
    def name(self) -> str:
        """Return `customer.email`, with the schema where the model names one."""
        return ".".join(part for part in (self.schema, self.table, self.column) if part)


@frozen
class EncryptedColumns:
    """All encrypted columns of a project, or of a target; problem: why they are not known, in one line, or empty."""

    columns: tuple[EncryptedColumn, ...] = ()
    problem: str = ""

    def find(self, name: str) -> EncryptedColumn | None:
        """Return the column of a name as in `EncryptedColumn.name`, None when there is none."""
        return next((each for each in self.columns if each.name == name), None)


@frozen
class KeyRecord:
    """What may be told of a root key; id: 8 hex digits; tenant: empty for a key of all that have none of their own."""

    id: str
    name: str
    purpose: Purpose
    state: KeyState
    tenant: str = ""
    created: date | None = None
    activated: date | None = None
    retired: date | None = None


@frozen
class KeyRecords:
    """What is known of the keys of an environment without reading them; an id may be empty then."""

    records: tuple[KeyRecord, ...] = ()


@frozen
class KeyShare:
    """How many fields of a column a key has sealed; state: None for a key that the keyring does not know."""

    id: str
    fields: int
    state: KeyState | None = None


@frozen
class Offender:
    """One field that is not sound: its row by primary key, what it is, and what more is known; never its value."""

    row: str
    verdict: FieldVerdict
    detail: str = ""


@frozen
class FieldAudit:
    """What became of the fields of one column.

    rows: of the table; fields: that were looked at. counts: verdict to number, only those that were met.
    offenders: the first of each verdict, in the order of reading. keys: by use, most used first.
    unsure: what could not be told apart within the bounds, in one line; empty when all was. unindexed: sound fields
    that have no index yet in the column that takes over; is_follower_asked: whether programs ask for them there.
    """

    column: str
    method: Method
    rows: int
    fields: int
    counts: tuple[tuple[FieldVerdict, int], ...] = ()
    keys: tuple[KeyShare, ...] = ()
    offenders: tuple[Offender, ...] = ()
    unsure: str = ""
    unindexed: int = 0
    is_follower_asked: bool = False

    def count(self, verdict: FieldVerdict) -> int:
        """Return how many fields have a verdict."""
        return dict(self.counts).get(verdict, 0)

    @property
    def unsound(self) -> tuple[tuple[FieldVerdict, int], ...]:
        """The verdicts that speak against the column, most frequent first."""
        return tuple((verdict, number) for verdict, number in self.counts if verdict not in SOUND)

    @property
    def sealed(self) -> int:
        """How many fields were opened, or with the structure alone, are whole envelopes."""
        return self.count(FieldVerdict.OK) + self.count(FieldVerdict.OK_OLD_KEY)

    @property
    def confidence(self) -> str:
        """What a sample without an unsound field says of the whole, with 95 % confidence; empty for a full scan."""
        if self.method is not Method.SAMPLE or not self.fields or self.unsound:
            return ""
        share = (1 - 0.05 ** (1 / self.fields)) * 100
        return f"with 95 % confidence fewer than {share:.2g} % of {self.rows} rows are unsound"


@runtime_checkable
class AuditsOfFields(Protocol):
    """What became of the fields of each encrypted column of a project."""

    def names(self) -> Sequence[str]:
        """Return the names of all columns, of the models or else as the target has marked them.

        Raises DoesNotApply where there are none, CannotJudge where that is not known.
        """

    def of(self, name: str) -> FieldAudit:
        """Return what became of one column, judged when it is first asked for.

        Raises CannotJudge where its fields could not be judged.
        """
