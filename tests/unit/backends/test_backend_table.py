"""A URL or a dialect's name leads to its product, and loads no driver."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("postgresql", "postgresql"),
        ("postgresql://h/x", "postgresql"),
        ("postgres://h/x", "postgresql"),
        ("PostgreSQL://h/x", "postgresql"),
        ("postgresql+psycopg://h/x", "postgresql"),
        ("postgresql+asyncpg://h/x", "postgresql"),
        ("host=h dbname=x", "postgresql"),
        (" dbname = x", "postgresql"),
        ("sqlite", "sqlite"),
        ("sqlite:///x.db", "sqlite"),
        ("sqlite+pysqlite:///x.db", "sqlite"),
        ("sqlite+aiosqlite:////x.db", "sqlite"),
    ],
)
def test_url_or_dialect_leads_to_its_backend(text: str, name: str) -> None:
    assert backend_for(text).name == name


@pytest.mark.parametrize("text", ["mysql://u:pass-word@h/x", "oracle", "pass-word", "", "://h/x", "u:pass-word@h/x"])
def test_anything_else_is_one_line_without_the_url(text: str) -> None:
    with pytest.raises(ConfigError, match=r"write postgresql://.* or sqlite:///") as caught:
        backend_for(text)
    assert "u:pass" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_backends_load_no_driver_before_they_connect() -> None:
    code = (
        "import sys\n"
        "from pytest_dbops.backends import backend_for\n"
        "url = 'postgresql://u:p@h:5432/x'\n"
        "backend_for(url).display_url(url); backend_for(url).same_database(url, url)\n"
        "backend_for('sqlite').display_url('sqlite:///x')\n"
        "print([name for name in ('psycopg', 'sqlite3', 'sqlalchemy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
