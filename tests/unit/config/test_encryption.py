"""ENCRYPTION_KEY is 32 bytes, and never shown."""

from __future__ import annotations

import base64

import pytest

from pytest_dbops.config.encryption import read_encryption_key
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.config.validate import validate
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import ProjectFolder

KEY = bytes(range(32))
PLAIN = "0123456789abcdefghijklmnopqrstuv"
BASE64 = base64.b64encode(KEY).decode()


@pytest.mark.parametrize("text", [f"hex:{KEY.hex()}", f"hex:{KEY.hex().upper()}", f"base64:{BASE64}"])
def test_key_is_read_and_all_its_forms_masked(project: ProjectFolder, text: str) -> None:
    config = project.load("", {"ENCRYPTION_KEY": text})

    key = read_encryption_key(config, config.environments["testing"])

    assert (key.to_bytes(), key.warning) == (KEY, "")
    assert KEY.hex() not in repr(key)
    assert config.mask(f"{text} {KEY.hex()} {BASE64}") == "*** *** ***"


@pytest.mark.parametrize("written", ["hex:{0}", "base64:{1}", "base64:{3}"])
def test_every_spelling_of_a_key_is_masked_as_soon_as_the_file_is_loaded(project: ProjectFolder, written: str) -> None:
    key = b"\xfb\xff\xfe~" * 8
    url_safe = base64.urlsafe_b64encode(key).decode()
    forms = (key.hex(), base64.b64encode(key).decode(), key.hex().upper(), url_safe, url_safe.rstrip("="))
    config = project.load("", {"ENCRYPTION_KEY": written.format(*forms)})

    assert [config.mask(form) for form in forms] == ["***"] * len(forms)


def test_key_of_an_environment_that_encrypts_must_fit(project: ProjectFolder) -> None:
    text = '[env.staging]\nurl = "sqlite:///books.sqlite3"\nencryption = true\n'
    config = project.load(text, {"ENCRYPTION_KEY": "hex:zz"})

    with pytest.raises(ConfigError, match="holds something else than hex digits after hex:"):
        use_environment(config, "staging")
    problems = [line for line in validate(config) if "ENCRYPTION_KEY" in line and "'staging'" in line]
    assert [line.partition(" (")[0] for line in problems] == [
        "environment 'staging': variable ENCRYPTION_KEY holds something else than hex digits after hex:"
    ]


def test_url_safe_base64_without_padding_is_read(project: ProjectFolder) -> None:
    key = b"\xff\xfe" * 16
    text = base64.urlsafe_b64encode(key).decode().rstrip("=")
    config = project.load("", {"ENCRYPTION_KEY": f"base64:{text}"})

    assert read_encryption_key(config, config.environments["testing"]).to_bytes() == key


def test_plain_characters_are_tolerated_in_development_with_a_warning(project: ProjectFolder) -> None:
    config = project.load("", {"ENCRYPTION_KEY": PLAIN})

    key = read_encryption_key(config, config.environments["development"])

    assert key.to_bytes() == PLAIN.encode()
    assert key.warning.startswith("ENCRYPTION_KEY is 32 plain characters, which is tolerated in development only (")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("testing", "", "is not set (make one: "),
        ("testing", PLAIN, "has no prefix; testing needs hex: or base64: (make one: "),
        ("development", PLAIN[:-1], "has 31 bytes; 32 are needed (make one: "),
        ("testing", f"hex:{KEY.hex()[:-2]}", "has 31 bytes; 32 are needed (make one: "),
        ("testing", "hex:" + "zz" * 32, "holds something else than hex digits after hex: (make one: "),
        ("testing", "base64:" + "é" * 40, "is not valid base64 after base64: (make one: "),
        ("testing", f"base64:{BASE64[:20]}", "has 15 bytes; 32 are needed (make one: "),
    ],
)
def test_key_that_does_not_fit_is_refused_without_being_shown(
    project: ProjectFolder, name: str, text: str, problem: str
) -> None:
    config = project.load("", {"ENCRYPTION_KEY": text})

    with pytest.raises(ConfigError) as caught:
        read_encryption_key(config, config.environments[name])

    assert str(caught.value).startswith(f"environment '{name}': variable ENCRYPTION_KEY {problem}")
    assert not text or text not in str(caught.value)
