"""Which files of a project are checks: all that look like one are collected, refused, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.checks.own import files_without_check, load_own_checks
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.operations.own_statements import refuse_unreadable

PYTHON = """
from pytest_dbops import Severity, check

@check("{code}", severity=Severity.ERROR)
def {name}(catalog):
    return ()
"""


def write(root: Path, name: str, text: str = "") -> Path:
    file = root / "checks" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def sql(root: Path, name: str, code: str, statement: str = "SELECT 1") -> Path:
    return write(root, name, f"-- code: {code}\n{statement}\n")


def names(root: Path) -> list[str]:
    return [check.name for check in load_own_checks([root / "checks"], root=root)]


def test_checks_in_subfolders_are_collected(tmp_path: Path) -> None:
    sql(tmp_path, "money/deep/a.sql", "OWN001")
    write(tmp_path, "money/b.py", PYTHON.format(code="OWN002", name="b"))
    sql(tmp_path, "c.sql", "OWN003")

    assert names(tmp_path) == ["c", "b", "a"]


def test_suffix_is_read_in_either_case(tmp_path: Path) -> None:
    sql(tmp_path, "a.SQL", "OWN001")
    write(tmp_path, "b.PY", PYTHON.format(code="OWN002", name="b"))

    assert names(tmp_path) == ["a", "b"]


def test_files_of_one_name_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    write(tmp_path, "one/same.py", PYTHON.format(code="OWN001", name="first"))
    write(tmp_path, "two/same.py", PYTHON.format(code="OWN002", name="second"))

    found = load_own_checks([tmp_path / "checks"], root=tmp_path)

    assert [check.function.__module__ for check in found] == [
        "dbops_own_checks.checks.one.same",
        "dbops_own_checks.checks.two.same",
    ]
    assert all(check.is_own for check in found)


def test_hidden_and_private_names_are_left_out(tmp_path: Path) -> None:
    sql(tmp_path, "a.sql", "OWN001")
    for name in (".hidden/b.sql", "__pycache__/b.py", "_parts/b.sql", ".b.sql", "_b.py", "conftest.py"):
        write(tmp_path, name, "no check at all")

    assert names(tmp_path) == ["a"]


def test_folder_that_leads_back_to_itself_is_read_once(tmp_path: Path) -> None:
    sql(tmp_path, "a.sql", "OWN001")
    (tmp_path / "checks" / "loop").symlink_to(tmp_path / "checks")

    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("name", [".keep", "README.md", "_parts.py", "tools.py"])
def test_folder_without_a_check_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)

    with pytest.raises(ConfigError, match=r"^checks: folder 'checks' holds no check \(add one, or take it out of"):
        names(tmp_path)


def test_named_file_without_a_check_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "tools.py")

    with pytest.raises(ConfigError, match=r"^checks: file 'checks/tools\.py' holds no check"):
        load_own_checks([file], root=tmp_path)


def test_named_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "notes.txt", "-- code: OWN001\nSELECT 1")

    with pytest.raises(ConfigError, match=r"^checks: file 'checks/notes\.txt' is neither \.sql nor \.py$"):
        load_own_checks([file], root=tmp_path)


def test_python_file_without_a_check_is_named(tmp_path: Path) -> None:
    write(tmp_path, "tools.py", "from pytest_dbops import check\n")
    write(tmp_path, "_tools.py")
    write(tmp_path, "b.py", PYTHON.format(code="OWN002", name="b"))
    places = [tmp_path / "checks"]

    assert files_without_check(places, load_own_checks(places, root=tmp_path), root=tmp_path) == (
        "checks/tools.py holds no check: no function in it is decorated with @check"
        " (begin its name with _ if it is no check)",
    )


# One statement a file

TWO = [
    "select 1; select 2",
    "select 'a;b';\n\nselect 2",
    "-- one; two\nselect 1; -- and\nselect 2;",
]


@pytest.mark.parametrize("statement", TWO)
def test_second_statement_is_refused_offline(tmp_path: Path, statement: str) -> None:
    file = sql(tmp_path, "a.sql", "OWN001", statement)

    with pytest.raises(ConfigError) as refused:
        refuse_unreadable(load_own_checks([file], root=tmp_path))

    line = 3 if statement.startswith("--") else 2
    assert str(refused.value) == (
        f"{file}: a second statement follows the semicolon in line {line}; a call takes one statement"
    )


ONE = [
    "select ';' as id;",
    "select 1 -- a; b",
    "select 1 /* a; b */;;\n-- the end;",
    "select $$a; b$$ as id",
    "select $x$ ; $$ ; $x$ as id;",
    'select 1 as "a;b"',
    "select 1 as [a;b]",
    "select E'\\'; ' as id",
]


@pytest.mark.parametrize("statement", ONE)
def test_semicolon_inside_of_a_text_is_none(tmp_path: Path, statement: str) -> None:
    file = sql(tmp_path, "a.sql", "OWN001", statement)

    refuse_unreadable(load_own_checks([file], root=tmp_path))


def test_text_is_judged_by_the_products_of_the_check(tmp_path: Path) -> None:
    file = write(tmp_path, "a.sql", "-- code: OWN001\n-- backends: sqlite\nselect $$a; b$$ as id\n")

    with pytest.raises(ConfigError, match=r"a\.sql: a second statement follows the semicolon in line 3"):
        refuse_unreadable(load_own_checks([file], root=tmp_path))


def test_string_that_is_never_closed_is_refused_offline(tmp_path: Path) -> None:
    file = sql(tmp_path, "a.sql", "OWN001", "select 'a")

    with pytest.raises(ConfigError, match=r"a\.sql: the string opened in line 2 is never closed"):
        refuse_unreadable(load_own_checks([file], root=tmp_path))
