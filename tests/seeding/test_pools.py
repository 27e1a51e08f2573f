"""Vocabulary is filled once, kept with a checksum, and needs no Faker afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.seeding.pools import keep_pool, pool


def test_pool_is_the_same_each_time_and_all_its_values_differ(tmp_path: Path) -> None:
    names = pool(tmp_path, "last_name", "de_DE", 50)
    assert (len(names), len(set(names))) == (50, 50)
    assert pool(tmp_path, "last_name", "de_DE", 20) == names[:20]


def test_kept_pool_is_read_back_whatever_faker_would_say(tmp_path: Path) -> None:
    file = keep_pool(tmp_path, "city", "fr_FR", 10)
    assert list(pool(tmp_path, "city", "fr_FR", 10)) == json.loads(file.read_text(encoding="utf-8"))["values"]


def test_kept_pool_that_was_edited_is_refused(tmp_path: Path) -> None:
    file = keep_pool(tmp_path, "city", "nl_NL", 5)
    document = json.loads(file.read_text(encoding="utf-8"))
    document["values"][0] = "Nowhere"
    file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"nl_NL.city.json is not what its checksum says \(remove it"):
        pool(tmp_path, "city", "nl_NL", 5)


@pytest.mark.parametrize(
    ("provider", "locale", "said"),
    [
        ("no_such_thing", "en_US", "Faker has no provider 'no_such_thing' for locale 'en_US'"),
        ("name", "xx_XX", r"Faker has no locale 'xx_XX' \(as in de_DE"),
    ],
)
def test_what_faker_does_not_have_is_one_line(provider: str, locale: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=said):
        pool(tmp_path, provider, locale, 5)
