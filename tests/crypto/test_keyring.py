"""Keys: by reference only, one active for a purpose and tenant, counted, and never shown."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.encryption import KeyState, Purpose
from pytest_dbops.core.errors import ConfigError, DbopsError, FieldError, NoProvider
from pytest_dbops.core.key_use import MOST_SEALED
from pytest_dbops.crypto import counting
from pytest_dbops.crypto.counting import FIRST_BLOCK, Counts
from pytest_dbops.crypto.derive import key_id_of
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.seal import Binding, open_field, seal
from pytest_dbops.operations.encryption.keyring import known_keys, project_keyring
from tests.crypto.rings import key, ring, root

PLACE = ("customer", "email")
NEW, OLD = (f"hex:{root(name).hex()}" for name in ("new", "old"))
TWO_KEYS = """
[[key]]
name = "2026"
source = "env:KEY_2026"
activated = 2026-02-01

[[key]]
name = "2024"
source = "env:KEY_2024"
purposes = ["data"]
state = "retired"
"""


def loaded(folder: Path, text: str, **variables: str) -> Config:
    file = folder / "dbops.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, variables=variables)


def read(folder: Path, text: str, environment: str = "development", **variables: str) -> Keyring:
    config = loaded(folder, text, **variables)
    return project_keyring(config, find_environment(config, environment))


def test_encryption_key_is_the_keyring_of_one_key(tmp_path: Path) -> None:
    made = read(tmp_path, "", ENCRYPTION_KEY=NEW)
    assert {(each.id, each.purpose, each.state) for each in made.records} == {
        (key_id_of(root("new")).hex(), purpose, KeyState.ACTIVE) for purpose in Purpose
    }


def test_keys_of_the_file_come_with_their_states(tmp_path: Path) -> None:
    made = read(tmp_path, TWO_KEYS, KEY_2026=NEW, KEY_2024=OLD)
    assert [(each.name, each.purpose, each.state) for each in made.records] == [
        ("2026", Purpose.DATA, KeyState.ACTIVE),
        ("2026", Purpose.INDEX, KeyState.ACTIVE),
        ("2024", Purpose.DATA, KeyState.RETIRED),
    ]
    assert open_field(made, PLACE, seal(ring(key("old")), PLACE, b"x")) == b"x"


@pytest.mark.parametrize("form", ["env:FIELD_KEY", "file:secrets/key", "cmd:cat secrets/key"])
def test_key_is_read_by_each_form_of_reference(tmp_path: Path, form: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/key").write_text(f"{NEW}\n", encoding="utf-8")
    made = read(tmp_path, f'[[key]]\nname = "one"\nsource = "{form}"\n', FIELD_KEY=NEW, PATH=os.environ["PATH"])
    assert made.key_ids() == [key("new").record.id] * 2


def test_key_of_other_environments_is_left_alone(tmp_path: Path) -> None:
    text = '[[key]]\nname = "one"\nsource = "env:A"\nenvironments = ["testing"]\n'
    with pytest.raises(NoProvider, match=r"environment 'development' has no keys \(add \[\[key\]\] to dbops\.toml"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, "testing", A=NEW).records) == 2


ONE = '[[key]]\nname = "one"\nsource = "env:A"\n'


@pytest.mark.parametrize(
    ("text", "value", "message"),
    [
        (f'[[key]]\nname = "one"\nsource = "{NEW}"\n', "", "source does not fit; write env:NAME, file:PATH or cmd"),
        (f'[[key]]\nname = "one"\nsource = "{root("new").hex()}"\n', "", "a key itself never stands in the file"),
        (ONE, "hex:00ff", "what (source = \"env:A\") leads to has 2 bytes; 32 are needed"),
        (ONE, f"hex:{'zz' * 32}", "holds something else than hex digits after hex:"),
        (ONE, "base64:!!!!", "is not valid base64 after base64:"),
        (ONE, root("new").hex(), "has no prefix; hex: or base64: is needed"),
        (ONE, "", "variable A (source = \"env:A\") is not set"),
        (ONE + 'id = "12345678"\n', NEW, "is the one with id"),
        (ONE + 'id = "1234567"\n', NEW, "8 hex digits are needed"),
        (ONE + ONE.replace("one", "two"), NEW, "keys 'one' and 'two' are one key"),
        (ONE + ONE, NEW, "[[key]] 'one' is written twice"),
        (ONE + '[[key]]\nname = "two"\nsource = "env:B"\n', NEW, "keys 'one' and 'two' are both active for data"),
        (ONE + 'state = "destroyed"\n', NEW, "is destroyed; it has an id, and no source any more"),
        ('[[key]]\nname = "one"\n', NEW, "[[key]] lacks 'source' (add: source ="),
        (ONE + 'state = "activ"\n', NEW, "one of pre-active, active, retired, compromised, destroyed is needed"),
        (ONE + 'tennant = "7"\n', NEW, "[[key]] has no key 'tennant'"),
        (ONE + "purposes = []\n", NEW, "has no purpose"),
        (ONE + 'environments = ["stagin"]\n', NEW, "environment 'stagin' is not configured"),
        ('[key]\nname = "one"\n', NEW, "[key] is a single table; write [[key]], once for each"),
    ],
)  # fmt: skip
def test_unfit_key_is_refused_in_one_line_that_does_not_hold_it(
    tmp_path: Path, text: str, value: str, message: str
) -> None:
    with pytest.raises(DbopsError) as refused:
        read(tmp_path, text, A=value, B=OLD)
    line = str(refused.value)
    assert message in line
    assert "\n" not in line
    assert not any(root(name).hex() in line for name in ("new", "old"))


def test_destroyed_key_is_known_by_its_id_and_opens_nothing(tmp_path: Path) -> None:
    gone = f'[[key]]\nname = "gone"\nid = "{key("old").record.id}"\nstate = "destroyed"\n'
    made = read(tmp_path, ONE + gone, A=NEW)
    with pytest.raises(FieldError, match="which the keyring does not have"):
        open_field(made, PLACE, seal(ring(key("old")), PLACE, b"x"))


def test_what_is_known_of_keys_needs_no_key(tmp_path: Path) -> None:
    config = loaded(tmp_path, TWO_KEYS)
    found = known_keys(config, find_environment(config, "development"))
    assert [(each.name, each.state) for each in found.records if each.purpose is Purpose.DATA] == [
        ("2026", KeyState.ACTIVE), ("2024", KeyState.RETIRED),
    ]  # fmt: skip


def test_tenant_has_its_own_key_where_one_is_given() -> None:
    made = ring(key("new"), key("of seven", tenant="7"))
    sealed = [seal(made, PLACE, b"x", Binding(tenant, "row"))[2:6] for tenant in ("7", "8")]
    assert sealed == [key("of seven").raw_id, key("new").raw_id]


@pytest.mark.parametrize("state", [KeyState.PRE_ACTIVE, KeyState.RETIRED, KeyState.COMPROMISED])
def test_only_an_active_key_seals(state: KeyState) -> None:
    with pytest.raises(FieldError, match="the keyring has no active key for data"):
        seal(ring(key("one", state)), PLACE, b"x")


def test_key_is_in_no_repr_and_in_no_pickle() -> None:
    made = ring(key("new"))
    seal(made, PLACE, b"x")
    shown = f"{made!r} {made} {key('new')!r} {made.records!r} {made.counts!r}"
    assert root("new").hex() not in shown
    assert repr(root("new"))[2:20] not in shown
    for take in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            take(made)


class Remembering:
    """A ledger that holds what was reserved before."""

    def __init__(self, before: int = 0) -> None:
        self.total, self.asked = before, 0

    def reserve(self, key: str, count: int) -> int:
        self.total, self.asked = self.total + count, self.asked + 1
        return self.total


def test_encryptions_are_reserved_in_growing_blocks() -> None:
    ledger = Remembering()
    counts = Counts(ledger)
    for _ in range(100_000):
        counts.spend("key", 1)
    assert ledger.asked < 12
    assert 100_000 <= ledger.total <= 2 * 100_000 + FIRST_BLOCK


def test_sealing_stops_at_the_limit_of_a_data_key() -> None:
    made = Keyring([key("new")], ledger=Remembering(MOST_SEALED - FIRST_BLOCK))
    for _ in range(FIRST_BLOCK):
        seal(made, PLACE, b"x")
    with pytest.raises(FieldError, match=rf"^data key \w+/customer/email has sealed .*; {MOST_SEALED} are the limit"):
        seal(made, PLACE, b"x")


def test_fork_reserves_a_block_of_its_own() -> None:
    ledger = Remembering()
    counts = Counts(ledger)
    counts.spend("key", 1)
    counting._forget_all()
    counts.spend("key", 1)
    assert (ledger.asked, ledger.total) == (2, 2 * FIRST_BLOCK)


def test_two_active_keys_for_one_tenant_are_refused() -> None:
    with pytest.raises(ConfigError, match="keys 'a' and 'b' are both active for data of tenant 7; one may be"):
        ring(key("a", tenant="7"), key("b", tenant="7"))
