"""The page of the format holds vectors and a decoder that need nothing of this package; our own code agrees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_dbops.core.encryption import KeyRecord, KeyState, Purpose
from pytest_dbops.crypto.blind_index import blind_index
from pytest_dbops.crypto.keyring import Keyring, root_key
from pytest_dbops.crypto.layout import OVERHEAD_BYTES
from pytest_dbops.crypto.seal import Binding, open_field
from tests.docs.blocks import blocks_of

PAGE = (Path(__file__).parents[2] / "docs/format.md").read_text(encoding="utf-8")
FILES = {block.value: block.text for block in blocks_of(PAGE) if block.mark == "file"}
VECTORS: dict[str, str] = json.loads(FILES["vectors.json"])
PLACE = (VECTORS["table"], VECTORS["column"])


@pytest.fixture
def keyring() -> Keyring:
    root = bytes.fromhex(VECTORS["root"])
    return Keyring([root_key(root, KeyRecord("", "vectors", each, KeyState.ACTIVE)) for each in Purpose])


def test_decoder_of_the_page_reads_the_vectors_alone(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "decode.py"], cwd=tmp_path, env={**alone, "PYTHONUTF8": "1"},
                          capture_output=True, text=True, encoding="utf-8", check=False)  # fmt: skip
    assert (done.stdout, done.stderr) == (f"{VECTORS['plaintext']}\n{VECTORS['plaintext']}\nTrue\nTrue\n", "")


def test_decoder_is_short_and_knows_nothing_of_this_package() -> None:
    assert len(FILES["decode.py"].splitlines()) < 60
    assert "dbops" not in FILES["decode.py"].replace("dbops/v1/", "")


def test_our_code_opens_the_vectors(keyring: Keyring) -> None:
    sealed = {name: bytes.fromhex(VECTORS[name]) for name in ("column_profile", "row_profile")}
    binding = Binding(VECTORS["tenant"], VECTORS["row"])
    assert open_field(keyring, PLACE, sealed["column_profile"]).decode() == VECTORS["plaintext"]
    assert open_field(keyring, PLACE, sealed["row_profile"], binding).decode() == VECTORS["plaintext"]
    assert {len(each) - len(VECTORS["plaintext"].encode()) for each in sealed.values()} == {OVERHEAD_BYTES}


def test_our_code_makes_the_indexes_of_the_vectors(keyring: Keyring) -> None:
    told = VECTORS["plaintext"]
    made = [blind_index(keyring, PLACE, told, normalise="email", tenant=each).hex() for each in ("", VECTORS["tenant"])]
    assert made == [VECTORS["index"], VECTORS["index_of_tenant"]]
    assert keyring.key_ids() == [VECTORS["key_id"]] * 2
