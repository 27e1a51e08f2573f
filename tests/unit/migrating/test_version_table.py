"""The version table is the one env.py hands to alembic, found by reading it; what is computed is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.migrating.scripts import Scripts
from pytest_dbops.migrating.version_table import VersionTable, find_version_table, parse_version_table

INI = "[alembic]\nscript_location = .\ntable = of_ini\n"


def found(folder: Path, env: str) -> VersionTable:
    (folder / "env.py").write_text(env)
    (folder / "alembic.ini").write_text(INI)
    return find_version_table(Scripts(folder, folder / "alembic.ini", (folder / "versions",)))


@pytest.mark.parametrize(
    ("env", "name", "schema"),
    [
        ("context.configure(connection=c)", "alembic_version", ""),
        ("context.configure(connection=c, version_table='x')", "x", ""),
        ("context.configure(version_table='x', version_table_schema='s')", "x", "s"),
        ("context.configure(version_table_schema='s')", "alembic_version", "s"),
        ("context.configure(version_table=None, version_table_schema=None)", "alembic_version", ""),
        ("T = 'a' + 'b'\ncontext.configure(version_table=T)", "ab", ""),
        ("def run():\n    t = 'x'\n    context.configure(version_table=t)", "x", ""),
        ("options = {'version_table': 'x'}\ncontext.configure(**options)", "x", ""),
        ("options = {}\noptions['version_table'] = 'x'\ncontext.configure(**options)", "x", ""),
        ("options = dict(version_table='x')", "x", ""),
        ("context.configure(version_table='x')\ncontext.configure(url=u, version_table='x')", "x", ""),
        ("context.configure(version_table=config.get_main_option('table'))", "of_ini", ""),
        ("context.configure(version_table=config.get_main_option('gone', 'y'))", "y", ""),
        ("context.configure(version_table=config.get_main_option('gone', default='y'))", "y", ""),
        ("context.configure(version_table=config.get_main_option('gone'))", "alembic_version", ""),
    ],
)
def test_table_is_the_one_that_is_handed_in(tmp_path: Path, env: str, name: str, schema: str) -> None:
    assert found(tmp_path, env) == VersionTable(name, schema)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("context.configure(version_table=settings.TABLE)", "version_table is 'settings.TABLE' in env.py"),
        ("context.configure(version_table=f'{app}_version')", "version_table is "),
        ("context.configure(version_table_schema=target.schema)", "version_table_schema is 'target.schema' in env.py"),
        ("context.configure(version_table=('a', 'b'))", "version_table is ('a', 'b') in env.py"),
        (
            "configure(version_table='a')\nconfigure(version_table='b')",
            "version_table is given as 'a' and 'b' in env.py",
        ),
        ("T = 'a'\nif x:\n    T = 'b'\nconfigure(version_table=T)", "version_table is 'T' in env.py"),
        ("configure(version_table=config.get_section_option('app', 'table'))", "version_table is "),
        ("configure(version_table=config.get_main_option(key))", "version_table is "),
        ("def (", "env.py is no Python that can be read: "),
    ],
)
def test_table_that_only_running_would_tell_is_asked_for(tmp_path: Path, env: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        found(tmp_path, env)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


def test_script_folder_without_env_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"env\.py cannot be read: No such file or directory"):
        find_version_table(Scripts(tmp_path, None, ()))


def test_table_given_by_hand_may_name_its_schema() -> None:
    assert parse_version_table("x") == VersionTable("x", "")
    assert parse_version_table("s.x").shown == "s.x"
    with pytest.raises(ConfigError, match=r"'s\.' is no table"):
        parse_version_table("s.")
