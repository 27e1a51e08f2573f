"""`dbops compliance keys add | retire | destroy` edit [[key]] and nothing else."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest

from pytest_dbops.core.encryption import KeyState
from tests.cli.conftest import Project
from tests.cli.sealed import NEW, OLD, Sealed
from tests.cli.test_maintenance_plan import on_sqlite
from tests.crypto.rings import key, root


def today() -> date:
    """Return the day it is now: a run may last beyond midnight."""
    return datetime.now(UTC).date()


CONFIG = """

# The keys of this shop
[[key]]   # do not touch
name      = "2024"
source    = "env:KEY_OLD"  # from the vault
purposes  = ["data"]
state     = "active"

[[key]]
name = "2026"
source = "env:KEY_NEW"
purposes = ["data"]
state = "pre-active"

[checks.STO004]
warn_bytes = 10000
"""


@pytest.fixture
def keys(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without [[key]]."""
    monkeypatch.delenv("ENCRYPTION_KEY", raising=False)
    for name in ("old", "new", "stranger"):
        monkeypatch.setenv(f"KEY_{name.upper()}", f"hex:{root(name).hex()}")
    return project


def text_of(project: Project) -> str:
    return (project.path / "dbops.toml").read_text(encoding="utf-8")


def written(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(text_of(project))["key"]
    return found


def test_first_key_is_active_and_the_next_one_waits(keys: Project) -> None:
    before = text_of(keys)
    answer = keys.dbops("compliance", "keys", "add", "2024", "--source", "env:KEY_OLD", "--env", "staging")
    assert (answer.code, answer.err) == (0, "")
    keys.dbops("compliance", "keys", "add", "2026", "--source", "env:KEY_NEW", "--env", "staging")
    assert text_of(keys).startswith(before)
    common = {"purposes": ["data"], "created": today()}
    assert written(keys) == [
        {"name": "2024", "source": "env:KEY_OLD", "id": OLD, "state": "active", **common},
        {"name": "2026", "source": "env:KEY_NEW", "id": NEW, "state": "pre-active", **common},
    ]
    assert root("new").hex() not in text_of(keys) + answer.out


def test_key_of_the_variable_becomes_one_of_the_file(keys: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", f"hex:{root('old').hex()}")
    keys.dbops("compliance", "keys", "add", "2026", "--source", "env:KEY_NEW", "--env", "staging")
    assert [(each["name"], each.get("state", "active")) for each in written(keys)] == [
        ("ENCRYPTION_KEY", "active"), ("2026", "pre-active"),
    ]  # fmt: skip
    listed = keys.dbops("compliance", "keys", "list", "--env", "staging", "--format", "json").json
    assert {each["id"] for each in listed} == {OLD, NEW}


def test_retired_key_is_followed_by_its_successor_and_comments_stay(keys: Project) -> None:
    keys.append(CONFIG)
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--env", "staging")
    assert (answer.code, answer.err) == (0, "")
    old, new = written(keys)
    assert (old["state"], old["retired"], new["state"], new["activated"]) == ("retired", today(), "active", today())
    for line in ("# The keys of this shop", "[[key]]   # do not touch", 'source    = "env:KEY_OLD"  # from the vault'):
        assert line in text_of(keys)
    assert keys.dbops("compliance", "keys", "list", "--env", "staging").code == 0


def test_dry_run_tells_the_edit_and_writes_nothing(keys: Project) -> None:
    keys.append(CONFIG)
    before = text_of(keys)
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--dry-run", "--env", "staging")
    assert answer.out.splitlines() == [
        "[[key]] '2024': state = retired", f"[[key]] '2024': retired = {today()}",
        "[[key]] '2026': state = active", f"[[key]] '2026': activated = {today()}",
    ]  # fmt: skip
    assert text_of(keys) == before


def test_file_that_cannot_be_edited_safely_is_left_and_the_lines_are_printed(keys: Project) -> None:
    inline = 'key = [{name = "2024", source = "env:KEY_OLD", purposes = ["data"]},' \
        ' {name = "2026", source = "env:KEY_NEW", purposes = ["data"], state = "pre-active"}]\n'  # fmt: skip
    keys.write("dbops.toml", inline + text_of(keys))
    before = text_of(keys)
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--env", "staging")
    assert (answer.code, answer.err, text_of(keys)) == (1, "", before)
    assert answer.out.startswith("dbops.toml cannot be edited so that all else surely stays; write this into it:\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "2024", "--source", "env:KEY_STRANGER"), "a key '2024' is there already"),
        (("add", "x", "--source", "env:KEY_OLD"), "which is '2024' already; nothing was changed"),
        (("add", "x", "--source", f"hex:{root('stranger').hex()}"), "a key itself is no argument"),
        (("add", "x"), "--source goes with keys add"),
        (("retire",), "takes the name of a key"),
        (("retire", "2025"), "there is no [[key]] '2025'"),
        (("retire", "--env", "staging", "vault"), "there is no [[key]] 'vault' in dbops.toml (it has 2024, 2026)"),
        (("retire", "2026"), "key '2026' is pre-active; an active one is retired"),
        (("destroy", "2024"), "key '2024' is active; retire it before (run: dbops compliance keys retire 2024)"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_nothing_changes(keys: Project, words: tuple[str, ...], why: str) -> None:
    keys.append(CONFIG)
    before = text_of(keys)
    answer = keys.dbops("compliance", "keys", *words, "--env", "staging")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert why in answer.err
    assert root("stranger").hex() not in answer.err
    assert text_of(keys) == before


def test_key_without_a_successor_is_not_retired(keys: Project) -> None:
    keys.append(CONFIG.replace('"pre-active"', '"retired"'))
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--env", "staging")
    assert (answer.code, "needs a pre-active key" in answer.err) == (2, True)


def test_key_of_both_purposes_is_retired_for_that_which_another_follows_in(keys: Project) -> None:
    both = CONFIG.replace('purposes  = ["data"]\nstate', 'environments = ["staging"]\ncreated = 2024-01-02\nstate')
    keys.append(both.replace('state = "pre-active"', 'environments = ["staging"]\nstate = "pre-active"'))
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--env", "staging")
    assert (answer.code, answer.err) == (0, "")
    assert written(keys) == [
        {"name": "2024", "source": "env:KEY_OLD", "environments": ["staging"], "created": date(2024, 1, 2),
         "state": "retired", "retired": today(), "purposes": ["data"]},
        {"name": "2026", "source": "env:KEY_NEW", "purposes": ["data"], "environments": ["staging"],
         "state": "active", "activated": today()},
        {"name": "2024-blind-index", "source": "env:KEY_OLD", "purposes": ["blind-index"], "state": "active",
         "created": date(2024, 1, 2), "environments": ["staging"]},
    ]  # fmt: skip
    assert text_of(keys).count("# from the vault") == 1

    again = keys.dbops("compliance", "keys", "destroy", "2024", "--env", "staging")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "key '2024' is the same key as '2024-blind-index', which is active" in again.err


def test_two_successors_are_named(keys: Project) -> None:
    keys.append(CONFIG + '[[key]]\nname = "2027"\nsource = "env:KEY_STRANGER"\nstate = "pre-active"\n')
    answer = keys.dbops("compliance", "keys", "retire", "2024", "--env", "staging")
    assert (answer.code, "for data; there are '2026', '2027'" in answer.err) == (2, True)


def test_key_is_destroyed_once_no_field_is_on_it(sealed: Sealed) -> None:
    sealed.fill(3)
    answer = sealed.dbops("keys", "destroy", "2024")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert f"3 fields of app_user.email are on key {OLD} ('2024'); move them before it is destroyed" in answer.err
    assert sealed.rotate().code == 0
    assert sealed.dbops("keys", "destroy", "2024").code == 0
    assert "key '2024' is destroyed already" in sealed.dbops("keys", "destroy", "2024").err
    (gone,) = (each for each in written(sealed.maintained.project) if each["name"] == "2024")
    assert gone == {"name": "2024", "purposes": ["data"], "state": "destroyed", "id": OLD}
    assert sealed.dbops("validate-encryption").code == 0


@on_sqlite
def test_key_of_indexes_is_not_destroyed_while_indexes_are_on_it(sealed: Sealed) -> None:
    sealed.fill(3)
    config = sealed.maintained.path / "dbops.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"active"\n', '"retired"\n'), encoding="utf-8")
    answer = sealed.dbops("keys", "destroy", "index")
    assert answer.code == 1
    assert f"3 fields of app_user.email, blind index email_bidx, are on key {key('index').record.id}" in answer.err


def test_new_key_takes_over_from_adding_to_destroying(sealed: Sealed) -> None:
    sealed.fill(3)
    sealed.keys(old=KeyState.ACTIVE, new=KeyState.PRE_ACTIVE)
    assert sealed.dbops("keys", "retire", "2024").code == 0
    assert sealed.dbops("rotate-key", "--new-key", "2026").code == 0
    assert sealed.dbops("keys", "destroy", "2024").code == 0
