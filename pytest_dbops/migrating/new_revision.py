"""Write a new revision by alembic's own template; runs in a process of its own, as alembic imports all others first."""

from __future__ import annotations

import ast
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge, ConfigError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import Downgrade
from pytest_dbops.migrating.downgrades import describe_downgrade
from pytest_dbops.migrating.failures import one_line
from pytest_dbops.migrating.revision_source import NotARevision, read_revision

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


@frozen
class NewRevision:
    """What to write.

    heads: the revisions it follows; none for a base. location: the folder of revisions it goes to.
    imports, upgrade, downgrade: what the template is filled with; helpers: functions put behind them.
    beside: texts of further files by name, in a folder called `name` beside the revision.
    """

    id: str
    name: str
    description: str
    heads: tuple[str, ...]
    location: Path
    imports: str
    upgrade: str
    downgrade: str
    helpers: str = ""
    beside: tuple[tuple[str, str], ...] = ()


def write_revision(config: Config, new: NewRevision) -> tuple[Path, ...]:
    """Write the revision, and the files beside it, and return their paths, the revision's first.

    Raises UsageError when a file of that name is there, ConfigError when the template makes no revision of it,
    CannotJudge when a revision does not import. Nothing is left behind then.
    """
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        script = ScriptDirectory.from_config(config)
        script.file_template = script.file_template.replace("%(slug)s", new.name)
        refuse_existing(script, new)
        script.get_heads()
    except CommandError as err:
        raise CannotJudge(f"the history does not load: {one_line(err)}") from err
    except UsageError:
        raise
    except (Exception, SystemExit) as err:  # a revision may raise anything when it is imported
        raise CannotJudge(f"{_importing(err)} does not import: {type(err).__name__}: {one_line(err)}") from err
    before = frozenset((new.location, *new.location.rglob("*")) if new.location.exists() else ())
    try:
        new.location.mkdir(parents=True, exist_ok=True)  # older releases of alembic do not
        path = _generated(script, config, new)
        _complete(path, new)
        return path, *_write_beside(path, new)
    except BaseException:
        _remove_new(new, before)
        raise


def refuse_existing(script: ScriptDirectory, new: NewRevision) -> None:
    """Raise UsageError when the revision's file, or the folder beside it, is there already."""
    now = datetime.now()
    parts = {name: getattr(now, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    filled = {"rev": new.id, "slug": new.name, "epoch": int(now.timestamp()), **parts}
    path = new.location / f"{script.file_template % filled}.py"
    for place in (path, path.parent / new.name) if new.beside else (path,):
        if place.exists():
            raise UsageError(f"{place.name!r} is there already in {path.parent.name!r} (choose another name)")


def _generated(script: ScriptDirectory, config: Config, new: NewRevision) -> Path:
    from alembic.util import CommandError

    try:
        made = script.generate_revision(
            new.id, _docstring(new.description), head=list(new.heads) if new.heads else "base",
            version_path=new.location, imports=new.imports, upgrades=new.upgrade, downgrades=new.downgrade,
            config=config,
        )  # fmt: skip
    except FileNotFoundError as err:
        raise ConfigError(f"there is no {Path(str(err.filename)).name} in {Path(script.dir).name!r}") from err
    except CommandError as err:
        raise ConfigError(f"alembic does not write the revision: {one_line(err)}") from err
    except Exception as err:  # alembic imports what it wrote
        raise ConfigError(f"script.py.mako makes no revision: {type(err).__name__}: {one_line(err)}") from err
    if made is None:
        raise ConfigError("alembic does not find the revision it wrote (does file_template begin with a dot?)")
    return Path(made.path)


def _docstring(description: str) -> str:
    """Return a text as it stands between three double quotes."""
    escaped = description.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return escaped[:-1] + '\\"' if escaped.endswith('"') and not escaped.endswith('\\"') else escaped


def _complete(path: Path, new: NewRevision) -> None:
    """Add what the template left out, and see that it is the revision that was asked for."""
    try:
        read_revision(path, path.name)
        _add_docstring(path, new)
        _add_imports(path, new)
        _fill(path, "upgrade", new.upgrade)
        _fill(path, "downgrade", new.downgrade)
        if new.helpers:
            path.write_text(f"{path.read_text('utf-8').rstrip()}\n\n\n{new.helpers}", encoding="utf-8")
        made = read_revision(path, path.name)
    except NotARevision as err:
        raise ConfigError(f"script.py.mako makes no revision: {err.problem.message}") from err
    if (made.id, set(made.down)) != (new.id, set(new.heads)):
        raise ConfigError(f"script.py.mako makes another revision: {made.id!r} that follows {', '.join(made.down)}")


def _add_docstring(path: Path, new: NewRevision) -> None:
    source = path.read_text("utf-8")
    if ast.get_docstring(ast.parse(source)) is None:
        header = f"Revision ID: {new.id}\nRevises: {', '.join(new.heads)}"
        path.write_text(f'"""{_docstring(new.description)}\n\n{header}\n"""\n\n{source}', encoding="utf-8")


def _add_imports(path: Path, new: NewRevision) -> None:
    source = path.read_text("utf-8")
    if new.imports.strip() in source:
        return
    lines = source.splitlines(keepends=True)
    head = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node)]
    place = head[-1].end_lineno if head else 0
    lines[place:place] = [f"{new.imports.rstrip()}\n"]
    path.write_text("".join(lines), encoding="utf-8")


def _fill(path: Path, function: str, body: str) -> None:
    """Put a body into a function that does nothing, or add the function."""
    source = path.read_text("utf-8")
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == function]
    if not found:
        path.write_text(f"{source.rstrip()}\n\n\ndef {function}() -> None:\n    {body}\n", encoding="utf-8")
    elif describe_downgrade(found[-1])[0] is Downgrade.EMPTY and body != "pass":
        last, lines = found[-1].body[-1], source.splitlines(keepends=True)
        keeps = [] if isinstance(last, ast.Pass) else lines[last.lineno - 1 : last.end_lineno]
        lines[last.lineno - 1 : last.end_lineno] = [*keeps, f"{' ' * last.col_offset}{body}\n"]
        path.write_text("".join(lines), encoding="utf-8")


def _write_beside(path: Path, new: NewRevision) -> tuple[Path, ...]:
    folder = path.parent / new.name
    if new.beside:
        folder.mkdir()
    for name, text in new.beside:
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name, _ in new.beside)


def _remove_new(new: NewRevision, before: frozenset[Path]) -> None:
    """Take away what was written for the revision; nothing that was there, and nothing of another name."""
    with suppress(OSError):  # what went wrong before is what is reported
        for path in sorted(frozenset(new.location.rglob("*")) - before, reverse=True):
            if new.id in path.name or path.stem == new.name or path.parent.name == new.name:
                path.rmdir() if path.is_dir() else path.unlink()
        if new.location not in before:
            new.location.rmdir()


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _importing(err: BaseException) -> str:
    """Return which revision file was being imported, and its line."""
    if isinstance(err, SyntaxError) and err.filename:
        return f"revision file {Path(err.filename).name}:{err.lineno}"
    ours = Path(__file__).parent
    for frame in traceback.extract_tb(err.__traceback__):
        file = Path(frame.filename)
        if file.is_file() and file.parent != ours and not {"site-packages", "importlib"} & {*file.parts}:
            return f"revision file {file.name}:{frame.lineno}"
    return "a revision file"
