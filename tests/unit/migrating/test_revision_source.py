"""A revision file is read as it is written: every spelling that alembic takes, and a line for each that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.history import Downgrade, HistoryProblem, ProblemKind, Revision
from pytest_dbops.migrating.revision_source import NotARevision, read_revision

HEAD = 'revision = "r1"\ndown_revision = None\n'
FUNCTIONS = "def upgrade():\n    pass\ndef downgrade():\n    pass\n"


def read(folder: Path, text: str | bytes, name: str = "r1.py") -> Revision:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_revision(file, f"versions/{name}")


def problem(folder: Path, text: str | bytes, name: str = "r1.py") -> HistoryProblem:
    with pytest.raises(NotARevision) as refused:
        read(folder, text, name)
    return refused.value.problem


@pytest.mark.parametrize(
    ("assigned", "down", "depends_on", "labels"),
    [
        ('revision = "r1"\ndown_revision = "r0"', ("r0",), (), ()),
        ('revision: str = "r1"\ndown_revision: "str | None" = None', (), (), ()),
        ('revision = "r1"\ndown_revision = ("a", "b")\ndepends_on = ["c"]', ("a", "b"), ("c",), ()),
        ('revision = "r1"\ndown_revision = ()\nbranch_labels = ("x", "y")\ndepends_on = None', (), (), ("x", "y")),
        ('revision = "r" "1"\ndown_revision = "r" + "0"', ("r0",), (), ()),
        ('N = "1"\nrevision = "r" + N\ndown_revision = f"r0_{N}"', ("r0_1",), (), ()),
        ('revision = "r"\nrevision += "1"\ndown_revision = None', (), (), ()),
        ('revision, down_revision, depends_on = "r1", None, ("x",)', (), ("x",), ()),
        ('(revision, down_revision) = ["r1", ["a"]]', ("a",), (), ()),
        ('this = revision = "r1"\ndown_revision = None', (), (), ()),
        ('revision = "old"\nif True:\n    revision = "r1"\ndown_revision = None', (), (), ()),
        ('try:\n    revision = "r1"\nexcept Exception:\n    raise\ndown_revision = {"a"}', ("a",), (), ()),
        ('revision = "r1"\nPARENTS = ("a",)\ndown_revision = PARENTS + ("b",)', ("a", "b"), (), ()),
        ('revision = "r1"\ndown_revision = None\nunrelated = compute()\nx.y = 1\na, *b = [1]', (), (), ()),
        ('from __future__ import annotations\nrevision = "r1"\ndown_revision = None\nWORDS = "\\d"', (), (), ()),
    ],
)
def test_spelling_is_read(
    tmp_path: Path, assigned: str, down: tuple[str, ...], depends_on: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    found = read(tmp_path, f"{assigned}\n{FUNCTIONS}")
    assert (found.id, found.down, found.depends_on, found.labels) == ("r1", down, depends_on, labels)


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("pass", Downgrade.EMPTY, ""), ("...", Downgrade.EMPTY, ""), ("return", Downgrade.EMPTY, ""),
        ("return None", Downgrade.EMPTY, ""), ('"""Nothing."""', Downgrade.EMPTY, ""),
        ('"""Nothing."""\n    pass\n    return', Downgrade.EMPTY, ""),
        ("op.drop_table('x')", Downgrade.RUNS, ""), ("print('x')", Downgrade.RUNS, ""),
        ("if x:\n        raise ValueError", Downgrade.RUNS, ""), ("raise", Downgrade.RUNS, ""),
        ("op.execute('x')\n    raise NotImplementedError('half')", Downgrade.RUNS, ""),
        ("raise NotImplementedError", Downgrade.RAISES, ""), ("raise NotImplementedError()", Downgrade.RAISES, ""),
        ("raise NotImplementedError('rows are gone')", Downgrade.RAISES, "rows are gone"),
        ("raise Exception('rows '\n        'are   gone')", Downgrade.RAISES, "rows are gone"),
        ('"""The rows are gone.\n\n    For ever."""\n    raise RuntimeError', Downgrade.RAISES, "The rows are gone."),
        ("raise RuntimeError(f'{revision} is final')", Downgrade.RAISES, "{revision} is final"),
        ("raise RuntimeError('%s is final' % revision)", Downgrade.RAISES, "%s is final"),
        ("raise RuntimeError('{} is final'.format(x))", Downgrade.RAISES, "{} is final"),
        ("raise Irreversible('one', 2, 'two')", Downgrade.RAISES, "one two"),
        ("raise NotImplementedError('why') from None\n    op.drop_table('x')", Downgrade.RAISES, "why"),
        ("assert False, 'no way back'", Downgrade.RAISES, "no way back"),
    ],
)  # fmt: skip
def test_downgrade_is_told_by_what_it_does(tmp_path: Path, body: str, kind: Downgrade, reason: str) -> None:
    found = read(tmp_path, f"{HEAD}def upgrade():\n    pass\ndef downgrade():\n    {body}\n")
    assert (found.downgrade, found.irreversible_reason) == (kind, reason)


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        (FUNCTIONS.partition("def downgrade")[0], Downgrade.MISSING, 0),
        ("def upgrade():\n    pass\ndowngrade = upgrade\n", Downgrade.RUNS, 5),
        ("from shared import upgrade, downgrade\n", Downgrade.RUNS, 3),
        ("def upgrade():\n    pass\nif True:\n    def downgrade():\n        pass\n", Downgrade.EMPTY, 6),
        ("def upgrade():\n    def downgrade():\n        pass\n", Downgrade.MISSING, 0),
        ("class X:\n    def downgrade(self):\n        pass\ndef upgrade():\n    pass\n", Downgrade.MISSING, 0),
    ],
)
def test_downgrade_is_found_where_the_module_binds_it(tmp_path: Path, text: str, kind: Downgrade, line: int) -> None:
    found = read(tmp_path, HEAD + text)
    assert (found.downgrade, found.downgrade_line) == (kind, line)
    assert found.upgrade_line


@pytest.mark.parametrize(
    ("docstring", "title"),
    [
        ('"""Add notes\n\nRevision ID: r1\n"""', "Add notes"), ('"""Add notes\nRevision ID: r1"""', "Add notes"),
        ('"""\nAdd notes\n  to invoices.\n\nMore.\n"""', "Add notes to invoices."), ("", ""), ('""" """', ""),
        ("'''Ünïcode 日本'''", "Ünïcode 日本"),
    ],
)  # fmt: skip
def test_title_is_the_first_paragraph(tmp_path: Path, docstring: str, title: str) -> None:
    assert read(tmp_path, f"{docstring}\n{HEAD}{FUNCTIONS}").title == title


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    found = read(tmp_path, f'"""Add notes."""\n\n{HEAD}\n\n{FUNCTIONS}')
    assert (found.line, found.upgrade_line, found.downgrade_line) == (3, 7, 9)


def test_other_encoding_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    latin = '# -*- coding: latin-1 -*-\n"""Größe"""\n' + HEAD + FUNCTIONS
    assert read(tmp_path, latin.encode("latin-1")).title == "Größe"
    assert read(tmp_path, f"\ufeff{HEAD}{FUNCTIONS}").id == "r1"


def test_id_of_an_old_file_is_in_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, f"down_revision = None\n{FUNCTIONS}", "3ab12f.py").id == "3ab12f"


def test_digest_ignores_comments_format_and_docstrings_and_nothing_else(tmp_path: Path) -> None:
    plain = read(tmp_path, HEAD + "def upgrade():\n    op.execute('x')\ndef downgrade():\n    pass\n").digest
    same = (
        '"""New words."""\n# why\n'
        + HEAD
        + 'def upgrade():\n    """Do."""\n    op.execute(\n        "x"  # so\n    )\n\n\ndef downgrade(): pass'
    )
    assert read(tmp_path, same).digest == plain
    assert read(tmp_path, HEAD + "def upgrade():\n    op.execute('y')\ndef downgrade():\n    pass\n").digest != plain


def test_digest_knows_the_files_a_revision_names_beside_itself(tmp_path: Path) -> None:
    text = f'{HEAD}FOLDER = Path(__file__).with_name("notes")\n{FUNCTIONS}'
    absent = read(tmp_path, text).digest
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "migration.sql").write_text("SELECT 1")
    first = read(tmp_path, text).digest
    (tmp_path / "notes" / "migration.sql").write_text("SELECT 2")

    assert len({absent, first, read(tmp_path, text).digest}) == 3


@pytest.mark.parametrize(
    ("text", "kind", "line", "words"),
    [
        ("revision = 'r1'\ndef (", ProblemKind.DOES_NOT_PARSE, 2, "revision file x_y.py is no Python: "),
        (b"\x00", ProblemKind.DOES_NOT_PARSE, 0, "revision file x_y.py is no Python: "),
        (b"x = '\xff'", ProblemKind.DOES_NOT_PARSE, 1, "revision file x_y.py is no Python: "),
        ("(" * 5000, ProblemKind.DOES_NOT_PARSE, None, "revision file x_y.py is no Python: "),
        ("import os\n", ProblemKind.NO_REVISION_ID, 0, "revision file x_y.py assigns no revision id"),
        ("revision = make()\n", ProblemKind.NOT_STATIC, 1, "revision of x_y.py is not assigned as a constant"),
        ("revision = None\n", ProblemKind.NOT_STATIC, 1, "revision of x_y.py is not assigned as a constant"),
        ("revision = 7\n", ProblemKind.NOT_STATIC, 1, "revision of x_y.py is not assigned as a constant"),
        ("from x import revision\n", ProblemKind.NOT_STATIC, 1, "revision of x_y.py is not assigned as a constant"),
        ("revision = 'r1'\n", ProblemKind.NOT_STATIC, 1, "down_revision of x_y.py is not assigned as a constant"),
        (
            "revision = 'r1'\ndown_revision = [x for x in y]\n", ProblemKind.NOT_STATIC, 2,
            "down_revision of x_y.py is not assigned as a constant",
        ),
        (
            "revision = 'r1'\ndown_revision = (None,)\n", ProblemKind.NOT_STATIC, 2,
            "down_revision of x_y.py is not assigned as a constant",
        ),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_a_problem_of_one_line(
    tmp_path: Path, text: str | bytes, kind: ProblemKind, line: int | None, words: str
) -> None:
    found = problem(tmp_path, text, "x_y.py")
    assert (found.kind, found.file) == (kind, "versions/x_y.py")
    assert line is None or found.line == line
    assert found.message.startswith(words)
    assert "\n" not in str(found)
    assert found.hint


def test_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "r1.py").symlink_to(tmp_path / "nowhere.py")
    with pytest.raises(NotARevision) as refused:
        read_revision(tmp_path / "r1.py", "versions/r1.py")
    assert refused.value.problem.message == "revision file r1.py cannot be read: No such file or directory"
