"""The gate of a project with encrypted columns: one item a column, collected offline, and no secret told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.pool import NullPool

from pytest_dbops import encrypt_rows
from pytest_dbops.core.encryption import Purpose
from pytest_dbops.crypto.keyring import Keyring
from tests.crypto.rings import key, root
from tests.crypto.shop import USERS, Base, User
from tests.fix_project import GateProject

MODELS = (Path(__file__).parent / "shop.py").read_text(encoding="utf-8")
IDS = [
    f"dbops.toml::encryption::{check}[{column}]"
    for check in ("unsound_field", "field_on_old_key")
    for column in (
        "app_user.email", "app_user.settings", "app_user.secret", "customer.email", "customer.iban_sealed",
    )
]  # fmt: skip
SECRET = "hidden-words@example.com"
KEPT: list[str] = []
"""What the first of these projects was told of its models, so that the others need not import them."""
ENCRYPTION = "dbops.toml::encryption"


@pytest.fixture
def shop_project(gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[GateProject]:
    """A project whose users are all well encrypted, and whose gate has the key."""
    gate_project.write("shop_models.py", MODELS)
    config = (gate_project.path / "dbops.toml").read_text(encoding="utf-8")
    gate_project.write("dbops.toml", config.replace("[project]\n", '[project]\nmetadata = "shop_models:Base"\n'))
    file = gate_project.path / "staging.sqlite3"
    file.unlink()
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    Base.metadata.create_all(engine)
    rows = [{"id": number, "email": f"{number}{SECRET}"} for number in range(1, 11)]
    with engine.begin() as connection:
        connection.execute(insert(USERS), list(encrypt_rows(User, rows, keyring=ring_of_one())))
    file.chmod(0o600)
    monkeypatch.setenv("ENCRYPTION_KEY", f"hex:{root('new').hex()}")
    if KEPT:
        gate_project.write(".dbops/encrypted-columns.json", KEPT[0])
    yield gate_project
    kept = gate_project.path / ".dbops/encrypted-columns.json"
    if not KEPT and kept.exists() and (gate_project.path / "shop_models.py").read_text(encoding="utf-8") == MODELS:
        KEPT.append(kept.read_text(encoding="utf-8"))


def ring_of_one() -> Keyring:
    return Keyring([key("new", purpose=each) for each in Purpose])


def told(project: GateProject) -> str:
    """Return all that a run has left for people and pipelines."""
    files = [file for file in (project.path / "dbops-reports").rglob("*") if file.is_file()]
    kept = [file for file in (project.path / ".dbops").rglob("*") if file.is_file()]
    return "".join(file.read_text(encoding="utf-8") for file in files + kept)


def test_each_encrypted_column_is_an_item_and_collecting_connects_nowhere(shop_project: GateProject) -> None:
    (shop_project.path / "staging.sqlite3").unlink()
    result = shop_project.run("--dbops-env=staging", "--collect-only", "-q", ENCRYPTION)
    assert [line for line in result.outlines if "[" in line] == IDS
    assert not (shop_project.path / "staging.sqlite3").exists()


def test_sound_columns_pass_with_the_key(shop_project: GateProject) -> None:
    shop_project.run("--dbops-env=staging", ENCRYPTION)
    outcomes = {each["code"]: each["outcome"] for each in shop_project.report()["results"]}
    assert outcomes == {**dict.fromkeys(("ENC001", "ENC002", "ENC003", "ENC004"), "passed"), "ENC005": "skipped"}


def test_unsound_field_blocks_and_is_named_by_its_row(shop_project: GateProject) -> None:
    shop_project.sql("UPDATE app_user SET email = 'hidden-words' WHERE id = 3")
    result = shop_project.run("--dbops-env=staging", *IDS[:2])
    result.assert_outcomes(failed=1, passed=1)
    (finding,) = shop_project.report()["results"][0]["findings"]
    assert finding["subject"] == "app_user.email"
    assert finding["severity"] == "critical"
    assert finding["message"] == "1 of 10 fields is not encrypted (id=3: it is no binary value)"
    assert finding["evidence"] == [{"row": "id=3", "verdict": "plaintext", "detail": "it is no binary value"}]


def test_gate_without_a_key_judges_structure_and_says_so(
    shop_project: GateProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENCRYPTION_KEY")
    shop_project.run("--dbops-env=staging", IDS[0])
    (result,) = shop_project.report()["results"]
    assert result["outcome"] == "warned"
    assert [each["message"] for each in result["findings"]] == [
        "10 fields are whole envelopes, and were not opened: the gate has no key"
    ]


def test_retired_key_is_told_with_the_share_still_to_rotate(
    shop_project: GateProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_project.append(
        "dbops.toml",
        """
[[key]]
name = "now"
source = "env:KEY_NOW"
purposes = ["data"]
activated = 2020-01-01

[[key]]
name = "before"
source = "env:ENCRYPTION_KEY"
purposes = ["data"]
state = "retired"

[[key]]
name = "index"
source = "env:ENCRYPTION_KEY"
purposes = ["blind-index"]
""",
    )
    monkeypatch.setenv("KEY_NOW", f"hex:{root('now').hex()}")
    shop_project.run("--dbops-env=staging", ENCRYPTION)
    findings = {f"{each['name']}[{each['case']}]" if each["case"] else each["name"]: each["findings"]
                for each in shop_project.report()["results"] if each["findings"]}  # fmt: skip
    assert set(findings) == {"field_on_old_key[app_user.email]", "key_past_its_period", "key_near_its_limit"}
    assert findings["field_on_old_key[app_user.email]"][0]["message"] == (
        f"10 of 10 fields (100.0%) are on key {key('new').record.id}, which is retired; they are still to be rotated"
    )
    assert "has been active for" in findings["key_past_its_period"][0]["message"]


def test_models_that_do_not_import_are_one_inconclusive_item(shop_project: GateProject) -> None:
    shop_project.write("shop_models.py", "import nowhere_at_all\n")
    shop_project.run("--dbops-env=staging", f"{ENCRYPTION}::unsound_field")
    (result,) = shop_project.report()["results"]
    assert (result["outcome"], result["case"]) == ("inconclusive", "")
    assert "[project] metadata 'shop_models:Base' does not import" in result["reason"]


def test_model_that_cannot_hold_is_one_inconclusive_item(shop_project: GateProject) -> None:
    shop_project.write("shop_models.py", MODELS.replace('UniqueConstraint("org_id", "public_id"),', ""))
    shop_project.run("--dbops-env=staging", f"{ENCRYPTION}::unsound_field")
    (result,) = shop_project.report()["results"]
    assert result["outcome"] == "inconclusive"
    assert "customer.public_id is not unique; encrypted fields cannot be told apart by it" in result["reason"]


def test_models_without_encrypted_columns_and_projects_without_models_are_skipped(shop_project: GateProject) -> None:
    shop_project.write("shop_models.py", "from sqlalchemy import MetaData\nBase = MetaData()\n")
    shop_project.run("--dbops-env=staging", ENCRYPTION)
    assert {each["outcome"] for each in shop_project.report()["results"]} == {"skipped"}
    config = (shop_project.path / "dbops.toml").read_text(encoding="utf-8")
    shop_project.write("dbops.toml", config.replace('metadata = "shop_models:Base"\n', ""))
    shop_project.run("--dbops-env=staging", ENCRYPTION)
    assert {each["outcome"] for each in shop_project.report()["results"]} == {"skipped"}


def test_columns_are_told_anew_when_a_model_changes(shop_project: GateProject) -> None:
    changed = MODELS.replace("secret: Mapped[bytes | None] = mapped_column(EncryptedBytes())", "x: Mapped[int]")
    shop_project.write("shop_models.py", changed)
    result = shop_project.run("--dbops-env=staging", "--collect-only", "-q", ENCRYPTION)
    assert not [line for line in result.outlines if "app_user.secret" in line]


def test_unfit_key_is_inconclusive_and_not_shown(shop_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    shop_project.append("dbops.toml", '\n[[key]]\nname = "one"\nsource = "env:SHORT"\n')
    monkeypatch.setenv("SHORT", "hex:0badc0de0badc0de")
    result = shop_project.run("--dbops-env=staging", IDS[0])
    (found,) = shop_project.report()["results"]
    assert found["outcome"] == "inconclusive"
    assert 'what (source = "env:SHORT") leads to has 8 bytes; 32 are needed' in found["reason"]
    assert "0badc0de" not in str(result.stdout) + told(shop_project)


def test_no_key_and_no_value_is_in_anything_a_gate_tells(shop_project: GateProject) -> None:
    shop_project.sql(f"UPDATE app_user SET email = '{SECRET}' WHERE id = 3; UPDATE app_user SET email_bidx = x'00' "
                     "WHERE id = 4; UPDATE app_user SET email = substr(email, 1, 50) WHERE id = 5")  # fmt: skip
    result = shop_project.run("--dbops-env=staging", "-vv", "-l", "--tb=long", "-o", "log_cli=true",
                              "--log-cli-level=DEBUG", ENCRYPTION)  # fmt: skip
    everything = str(result.stdout) + str(result.stderr) + told(shop_project)
    assert json.loads((shop_project.path / "dbops-reports/staging/gate.json").read_text("utf-8"))["results"]
    spellings = (root("new").hex(), root("new").hex().upper(), repr(root("new"))[2:20], "hidden-words")
    assert [each for each in spellings if each in everything] == []


def test_workers_judge_each_column(shop_project: GateProject, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--faults") != "full":
        pytest.skip("three sessions, in a long run only (--faults=full)")
    shop_project.run("--dbops-env=staging", ENCRYPTION)
    alone = {f"dbops.toml::{each['id']}": each["outcome"] for each in shop_project.report()["results"]}
    shop_project.run_apart("--dbops-env=staging", "-n", "2", "-p", "no:cacheprovider", ENCRYPTION)
    assert {f"dbops.toml::{each['id']}": each["outcome"] for each in shop_project.report()["results"]} == alone
    assert [alone[each] for each in IDS] == ["passed"] * len(IDS)
