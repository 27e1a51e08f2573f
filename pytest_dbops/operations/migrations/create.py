"""Write a new revision file, from a name and what it is for."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import History, select_revisions
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.new_revision import NewRevision
from pytest_dbops.migrating.scripts import Scripts
from pytest_dbops.migrating.sql_revision import DOWNGRADE, IMPORTS, UPGRADE, sql_files, sql_helpers
from pytest_dbops.operations.migrations.confined import ask_confined
from pytest_dbops.operations.migrations.project import project_scripts, refuse_broken

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_STUB = """\
raise NotImplementedError(
        "{name} has no way back yet: reverse each step of upgrade() here, the last one first,"
        " or say why it cannot be taken back"
    )"""


@frozen
class Created:
    """A revision that was written; files are relative to the root, the revision's own first."""

    id: str
    down: tuple[str, ...]
    files: tuple[str, ...]


def create_python_revision(config: Config, name: str, description: str, *, head: str | None = None) -> Created:
    """Write a revision whose downgrade raises until it is written; see `_create` for what is refused."""
    return _create(config, name, description, head, imports="", upgrade="pass", downgrade=_STUB.format(name=name))


def create_sql_revision(config: Config, name: str, description: str, *, head: str | None = None) -> Created:
    """Write a revision that runs `migration.sql` and `rollback.sql` of the folder `name` beside it."""
    return _create(config, name, description, head, imports=IMPORTS, upgrade=UPGRADE, downgrade=DOWNGRADE, is_sql=True)


def _create(
    config: Config, name: str, description: str, head: str | None, *, imports: str, upgrade: str, downgrade: str,
    is_sql: bool = False,
) -> Created:  # fmt: skip
    """Write a revision that follows the one head, or those that `head` names (`base` for none).

    Raises UsageError for a bad name, several heads, a head that is none, a file that is there; CannotJudge for a
    history that is broken or does not import. Nothing is changed then.
    """
    told = _checked(name, description)
    scripts = project_scripts(config)
    history = history_of(scripts, root=config.root)
    refuse_broken(history)
    if not (scripts.folder / "script.py.mako").is_file():
        raise ConfigError(f"there is no script.py.mako in {scripts.folder.name!r} (alembic init makes one)")
    heads, identity = _heads(history, head), uuid4().hex[-12:]
    new = NewRevision(
        id=identity, name=name, description=told, heads=heads, location=_location(scripts, history, heads, config.root),
        imports=imports, upgrade=upgrade, downgrade=downgrade, helpers=sql_helpers(name) if is_sql else "",
        beside=sql_files(identity, name, told) if is_sql else (),
    )  # fmt: skip
    order = asdict(new) | {"location": str(new.location)}
    answer = ask_confined("write", config, find_environment(config).dialect, new=order)
    return Created(identity, heads, tuple(_relative(Path(file), config.root) for file in answer["files"]))


def _checked(name: str, description: str) -> str:
    """Return the description without the white space around it."""
    if not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")[:60]
        hint = f"; for example {better}" if _NAME.fullmatch(better) else ""
        raise UsageError(f"{name!r} is no name for a revision (a-z, 0-9 and _, from a letter on, 60 at most{hint})")
    told = "\n".join(line.rstrip() for line in description.strip().splitlines())
    if not told:
        raise UsageError("a revision needs a description (--description 'Add notes to invoices')")
    if strange := next((each for each in told if not each.isprintable() and each not in "\n\t"), ""):
        raise UsageError(f"the description holds the character {strange!r}, which no file should")
    return told


def _heads(history: History, head: str | None) -> tuple[str, ...]:
    """Return the revisions that the new one follows."""
    if head is None:
        if len(history.heads) > 1:
            raise UsageError(
                f"the history has {len(history.heads)} heads: {', '.join(history.heads)}"
                " (say which the new one follows: --head REVISION, or --head heads to merge them)"
            )
        return history.heads
    if head == "base":
        return ()
    if ":" in head or ".." in head:
        raise UsageError(f"--head {head!r} is a range; name one revision")
    chosen = tuple(revision.id for revision in select_revisions(history, head))
    for each in chosen:
        followers = [revision.id for revision in history.revisions if each in revision.down]
        if followers:
            heads = ", ".join(history.heads)
            raise UsageError(f"revision {each!r} is no head: {followers[0]} follows it (heads: {heads})")
    if not chosen:
        raise UsageError(f"--head {head!r} is no revision: the history is empty")
    return chosen


def _location(scripts: Scripts, history: History, heads: tuple[str, ...], root: Path) -> Path:
    """Return the folder the new revision goes to: that of the first it follows, else the first there is."""
    files = [root / revision.file for revision in history.revisions if revision.id in heads[:1]]
    for location in scripts.locations:
        if any(location.resolve() in file.parents for file in files):
            return location
    return scripts.locations[0]


def _relative(path: Path, root: Path) -> str:
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)
