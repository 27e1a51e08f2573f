"""URLs of SQLite files: read like SQLAlchemy reads them, compared, and shown without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.backends.sqlite.urls import display_url, place_of, same_database
from pytest_dbops.core.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///books.db", "books.db"),
        ("sqlite:///./sub/books.db", "sub/books.db"),
        ("sqlite:////srv/books.db", "/srv/books.db"),
        ("sqlite+pysqlite:////srv/books.db", "/srv/books.db"),
        ("SQLite:////srv/books.db", "/srv/books.db"),
        ("sqlite:////srv/my%20books.db", "/srv/my books.db"),
        ("sqlite:///file:books.db?mode=rwc&uri=true", "books.db"),
        ("sqlite:///file:/srv/books.db?uri=true", "/srv/books.db"),
        ("sqlite:///file:///srv/books.db?uri=true", "/srv/books.db"),
        ("sqlite:///file:/srv/a%23b.db?uri=true", "/srv/a#b.db"),
    ],
)
def test_url_leads_to_its_file(url: str, path: str) -> None:
    assert place_of(url).path == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?cache=shared&uri=true",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite://u:secret@h/x",
        "sqlite:///a%00b",
        "sqlite:///file://host/x?uri=true",
        "sqlite",
    ],
)
def test_no_file_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        place_of(url)
    assert "secret" not in str(caught.value)


def test_connections_only_read_and_keep_what_the_user_decided() -> None:
    place = place_of("sqlite:////srv/a b?.db".replace("?", "%3F") + "?mode=rwc&cache=shared&immutable=1")
    assert place.uri == "file:/srv/a%20b%3F.db?mode=ro&immutable=1"


def test_a_file_whose_name_has_a_percent_sign_is_found_as_written(tmp_path: Path) -> None:
    written = tmp_path / "a%20b.db"
    written.touch()
    assert place_of(f"sqlite:///{written}").path == written


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/books.db", "sqlite:////srv/books.db"),
        ("sqlite:///books.db?mode=ro", "sqlite:///books.db?mode=ro"),
        ("sqlite:///books.db?key=secret&x=1", "sqlite:///books.db?key=***&x=1"),
        ("sqlite://:secret@/books.db", "sqlite:///***"),
    ],
)
def test_display_url_shows_no_secret(url: str, shown: str) -> None:
    assert display_url(url) == shown


def test_links_and_spellings_of_one_file_are_one(tmp_path: Path) -> None:
    file = tmp_path / "books.db"
    file.touch()
    (tmp_path / "soft.db").symlink_to(file)
    (tmp_path / "hard.db").hardlink_to(file)
    for other in ("soft.db", "hard.db", "../" + tmp_path.name + "/books.db"):
        assert same_database(f"sqlite:///{file}", f"sqlite:///{tmp_path}/{other}")


def test_files_that_do_not_exist_yet_are_compared_by_path(tmp_path: Path) -> None:
    assert same_database(f"sqlite:///{tmp_path}/x.db", f"sqlite+pysqlite:///file:{tmp_path}/./x.db?uri=true")
    assert not same_database(f"sqlite:///{tmp_path}/x.db", f"sqlite:///{tmp_path}/y.db")
    assert not same_database("sqlite://", "sqlite://")
