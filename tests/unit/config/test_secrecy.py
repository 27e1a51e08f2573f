"""A secret changes nothing that is shown: not the configuration, not an error, not a log, not a `repr`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.config.load import load_config
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.config.show import render_config
from pytest_dbops.config.validate import validate
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import SecretMask
from tests.unit.config.conftest import TODAY, ProjectFolder

passwords = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
long_passwords = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40)

URLS = [
    "postgresql://gate:{}@db.example.com/accounting",
    "postgresql://gate:{}@db.example.com:port/accounting",
    "postgresql://db.example.com/accounting?password={}",
    "mysql://gate:{}@db.example.com/accounting",
    "sqlite:///x.db?password={}",
]
TEXT = """
[env.staging]
url = "env:STAGING_DATABASE_URL"
required_variables = [{ name = "JWT_SECRET", min_length = 500 }]
"""


def _shown(variables: dict[str, str]) -> str:
    """Return everything that is shown of a configuration and of one failing use of it."""
    with tempfile.TemporaryDirectory(prefix="dbops-") as folder:
        file = Path(folder) / "dbops.toml"
        file.write_text(TEXT)
        config = load_config(file, variables=variables, today=TODAY)
        with pytest.raises(ConfigError) as caught:
            use_environment(config, "staging")
        shown = (render_config(config, origin=True), validate(config), repr(config), str(caught.value))
        return repr(shown).replace(folder, "FOLDER")


@pytest.mark.parametrize("url", URLS)
@settings(deadline=None)
@given(password=passwords)
def test_encoded_password_changes_nothing_that_is_shown(url: str, password: str) -> None:
    with_it = {"STAGING_DATABASE_URL": url.format(quote(password, safe="")), "JWT_SECRET": "x"}
    without = {"STAGING_DATABASE_URL": url.format("plain"), "JWT_SECRET": "x"}

    assert _shown(with_it) == _shown(without)


@settings(deadline=None)
@given(secret=passwords)
def test_required_variable_changes_nothing_but_the_length_that_is_shown(secret: str) -> None:
    url = URLS[0].format("plain")
    with_it = _shown({"STAGING_DATABASE_URL": url, "JWT_SECRET": secret})
    without = _shown({"STAGING_DATABASE_URL": url, "JWT_SECRET": "\x01" * len(secret)})

    assert with_it == without


@settings(deadline=None)
@given(password=long_passwords, user=st.sampled_from(["", "gate"]))
def test_password_is_found_by_the_mask_in_every_text(password: str, user: str) -> None:
    url = f"postgresql://{user}:{quote(password, safe='')}@db.example.com/accounting"
    mask = SecretMask(secrets_of_url(url))

    for text in (password, quote(password, safe=""), url, f'connection to "{password}" failed'):
        assert password not in mask(text)


@settings(deadline=None)
@given(password=long_passwords.filter(lambda text: '"' not in text and "\\" not in text))
def test_literal_password_is_refused_without_being_shown(password: str) -> None:
    with tempfile.TemporaryDirectory(prefix="dbops-") as folder:
        file = Path(folder) / "dbops.toml"
        file.write_text(f'[env.staging]\nurl = "postgresql://gate:{password}@db.example.com/accounting"\n')
        with pytest.raises(ConfigError) as caught:
            load_config(file, variables={}, today=TODAY)

    assert str(caught.value) == (
        "dbops.toml:2: [env.staging] url holds a password"
        " (put the whole URL into a variable and write env:NAME, or use file:, cmd:)"
    )


@pytest.mark.parametrize(
    "text",
    [
        '[env.staging]\nurl = ["postgresql://u:Tr0ub4dor@h/db"]',
        '[env.staging]\nurl = "Tr0ub4dor"',
        '[project]\nmetadata = "postgresql://u:Tr0ub4dor@h/db"',
        '["postgresql://u:Tr0ub4dor@h/db"]',
        '[env."postgresql://u:Tr0ub4dor@h/db"]\nkind = "staging"',
        '[gate]\n"postgresql://u:Tr0ub4dor@h/db" = 1',
        '[scratch]\nurl = "postgresql://u:Tr0ub4dor@h/db"',
        '[env.staging]\nrequired_variables = [{ name = "JWT_SECRET", value = "Tr0ub4dor" }]',
        '[env.staging]\nrequired_variables = ["JWT_SECRET=Tr0ub4dor"]',
    ],
)
def test_misplaced_password_is_not_repeated_by_the_refusal(project: ProjectFolder, text: str) -> None:
    assert "Tr0ub4dor" not in project.refuse(text)


def test_common_word_as_a_password_does_not_spoil_reports() -> None:
    mask = SecretMask(secrets_of_url("postgresql://postgres:postgres@localhost/app"))

    assert mask("postgresql: postgresql://postgres:postgres@localhost/app") == "postgresql: ***"
    assert mask("tried postgres:postgres@localhost") == "tried postgres***localhost"
