"""What opens and seals is kept ready for some tenants and lengths, and right for any number of them."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from pytest_dbops.core.encryption import BoundAs, BoundColumn, Content, EncryptedColumn, FieldVerdict, KeyState
from pytest_dbops.crypto import openers, resealing
from pytest_dbops.crypto.bound import rows_written
from pytest_dbops.crypto.fields import FieldReader
from pytest_dbops.crypto.resealing import Rotator
from pytest_dbops.crypto.seal import Binding, open_field, seal
from tests.crypto.rings import key, ring

TENANT, ROW = BoundColumn("org_id", BoundAs.NUMBER), BoundColumn("public_id", BoundAs.UUID)
BOUND = EncryptedColumn("", "t", "note", ("t", "note"), Content.TEXT, False, ("id",), (TENANT, ROW))
UNBOUND = replace(BOUND, bind=())
OLD = ring(key("old"), key("new", KeyState.RETIRED))
NEW = ring(key("new"), key("old", KeyState.RETIRED))
MANY = 60


@pytest.fixture
def few_are_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (openers, resealing):
        monkeypatch.setattr(each, "MOST_READY", 7)


def bound_rows() -> list[tuple[object, ...]]:
    """Rows of six tenants, whose fields are of ten lengths."""
    rows = [(n % 6, str(UUID(int=n)), n) for n in range(MANY)]
    return [
        (bytes(seal(OLD, BOUND.place, b"x" * (n % 10), Binding(str(tenant), row))), tenant, row, n)
        for tenant, row, n in rows
    ]


@pytest.mark.usefixtures("few_are_ready")
def test_fields_of_more_tenants_and_lengths_than_are_kept_are_counted_and_moved_all() -> None:
    rows = bound_rows()
    reader, rotator = FieldReader(NEW, BOUND), Rotator(NEW, BOUND, (BOUND,))
    assert (reader.read(rows), dict(reader.opened)) == ([], {key("old").raw_id: MANY})
    moved = rotator.reseal(rows)
    assert ([(number, old) for number, old, _ in moved.changes], moved.left) == ([(r[3], r[0]) for r in rows], {})
    assert [
        open_field(NEW, BOUND.place, new, Binding(str(row[1]), str(row[2])))
        for row, (_, _, new) in zip(rows, moved.changes, strict=True)
    ] == [b"x" * (n % 10) for n in range(MANY)]
    assert {new[2:6] for _, _, new in moved.changes} == {key("new").raw_id}
    assert [
        rotator.reseal([(new, *row[1:])]).changes for row, (_, _, new) in zip(rows, moved.changes, strict=True)
    ] == [[] for _ in rows]


@pytest.mark.usefixtures("few_are_ready")
def test_every_sealed_field_is_counted_for_its_data_key_when_openers_are_dropped() -> None:
    ring_ = ring(key("new"), key("old", KeyState.RETIRED))
    Rotator(ring_, BOUND, (BOUND,)).reseal(bound_rows())
    blocks = ring_.counts._blocks
    assert {name: block.total - block.left for name, block in blocks.items()} == {
        f"{key('new').record.id}/t/note/{tenant}": MANY // 6 for tenant in range(6)
    }


@pytest.mark.parametrize("value", [None, "plain", b"", b"\xdb", b"\xdb\x12", 7, b"\xdb\x12aaaa\0\0\0\0", bytes(99)])
def test_value_that_is_no_envelope_is_in_doubt_and_never_moved(value: object) -> None:
    row = (value, 1, str(UUID(int=1)), 1)
    assert [field.value for field in FieldReader(NEW, BOUND).read([row])] == [value]
    assert [field.value for field in FieldReader(NEW, UNBOUND).read([(value, 1)])] == [value]
    moved = Rotator(NEW, BOUND, (BOUND,)).reseal([row])
    assert (moved.changes, sum(moved.left.values())) == ([], 1)


def test_row_without_its_id_leaves_the_others_of_its_block_alone() -> None:
    good, other = bound_rows()[1:3]
    without = (other[0], other[1], None, other[3])
    reader = FieldReader(NEW, BOUND)
    assert [field.row for field in reader.read([good, without])] == [(other[3],)]
    assert dict(reader.opened) == {key("old").raw_id: 1}
    moved = Rotator(NEW, BOUND, (BOUND,)).reseal([good, without])
    assert ([change[0] for change in moved.changes], dict(moved.left)) == ([good[3]], {FieldVerdict.ALTERED: 1})


@pytest.mark.parametrize("given", [UUID(int=9), str(UUID(int=9)), str(UUID(int=9)).upper(), UUID(int=9).hex])
def test_id_of_a_row_is_written_alike_in_every_form(given: object) -> None:
    wanted = b"\0\x24" + str(UUID(int=9)).encode()
    assert rows_written(ROW, [given]) == [wanted]
    assert rows_written(ROW, [given, str(UUID(int=9)), None]) == [wanted, wanted, None]
