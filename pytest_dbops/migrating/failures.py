"""Say in one line which revision failed, in which file and line, what the server said, and the way out."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

_MISSING_TABLE = re.compile(
    r"no such table: (?:main\.)?(?P<sqlite>[\w.]+)|relation \"(?P<postgresql>[\w.]+)\" does not exist"
)
_MAKES_ALL = re.compile(r"\bcreate_all\(|__table__\.create\(")


def failure_of(
    err: BaseException, revision: Script | None, script: ScriptDirectory | None, location: Path, root: Path
) -> str:
    """Return the line for an error; `revision` is the one that was running, None before and after.

    root: the project's folder. What env.py imports may fail anywhere in it, so the place is named.
    """
    if revision is None or script is None:
        place = place_in(err, root)
        where = f" ({place})" if place else ""
        return f"migrations in {str(location)!r} do not run{where}: {kind_of(err)}: {one_line(err)}"
    line = line_in(err, revision.path)
    where = f"revision {revision.revision} ({Path(revision.path).name}{f':{line}' if line else ''})"
    table = table_that_no_revision_makes(err, script)
    if table:
        return (
            f"migrations do not start from an empty database: {where} needs table {table!r}, which no earlier"
            f" revision creates ({way_to_start_from(revision.revision)})"
        )
    return f"{where} fails to upgrade: {kind_of(err)}: {one_line(err)}"


def table_that_no_revision_makes(err: BaseException, script: ScriptDirectory) -> str:
    """Return the table an error misses, if no revision makes it: the history does not start from empty."""
    table = _missing_table(err)
    return table if table and not _is_made_by_history(table, script) else ""


def way_to_start_from(revision: str) -> str:
    """Return what to do for a history whose `revision` needs a schema that nobody made."""
    return (
        'give the schema they start from: [project] baseline = "schema.sql" or "module:function",'
        f' first_revision = "{revision}"'
    )


def one_line(err: BaseException) -> str:
    """Return what was said, by the server where it was the server, on one line."""
    return " ".join(str(_original(err)).split()) or "no word"


def kind_of(err: BaseException) -> str:
    """Return the class of the error, the driver's where it was the driver."""
    return type(_original(err)).__name__


def line_in(err: BaseException, path: str) -> int:
    """Return the last line of a file that the error passed through; 0 when it passed through none."""
    frames = traceback.extract_tb(err.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return (lines[-1] or 0) if lines else 0


def place_in(err: BaseException, root: Path) -> str:
    """Return the last `file:line` of a project's own files that the error passed through; nothing when of none."""
    for frame in reversed(traceback.extract_tb(err.__traceback__)):
        file = Path(frame.filename)
        if "site-packages" not in file.parts and file.is_relative_to(root):
            return f"{file.relative_to(root).as_posix()}:{frame.lineno}"
    return ""


def statement_of(err: BaseException) -> str:
    """Return the SQL that failed, on one line and without its parameters; nothing when it was no statement."""
    return " ".join(str(getattr(err, "statement", None) or "").split())


def sqlstate_of(err: BaseException | None) -> str:
    """Return PostgreSQL's code for what happened, whatever the driver calls it; nothing where there is none."""
    original = getattr(err, "orig", None) or err
    return str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")


def _original(err: BaseException) -> BaseException:
    original = getattr(err, "orig", None)
    return original if isinstance(original, BaseException) else err


def _missing_table(err: BaseException) -> str:
    if type(err).__name__ == "NoSuchTableError":  # SQLAlchemy's, of reflection: its text is the name alone
        return str(err)
    found = _MISSING_TABLE.search(str(err))
    return found.group(found.lastgroup or 0) if found else ""


def _is_made_by_history(table: str, script: ScriptDirectory) -> bool:
    """Whether the source of any revision makes the table, or all tables of a model."""
    bare = re.escape(table.rpartition(".")[2])
    makes = re.compile(rf"(create_table\(\s*|rename_table\([^)]*|CREATE TABLE\s+[^;(]*)[\"']?{bare}\b", re.IGNORECASE)
    sources = (Path(revision.path).read_text(errors="replace") for revision in script.walk_revisions())
    return any(makes.search(source) or _MAKES_ALL.search(source) for source in sources)
