"""Put a dbops.toml and two example checks into an existing alembic project; nothing there is overwritten."""

from __future__ import annotations

import ast
import configparser
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_dbops.core.errors import ConfigError

_DEEPEST = 5
_PASSED_OVER = frozenset(
    {".git", ".venv", "venv", "env", "node_modules", "__pycache__", "site-packages", "build", "dist", ".tox", ".nox"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a project says of itself: alembic's script location and the MetaData, empty when not found."""

    migrations: str
    metadata: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The files that would be written, relative to the root, and those that are there already."""

    root: Path
    found: Found
    files: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]


def plan_init(root: Path, *, migrations: str | None = None, metadata: str | None = None) -> Plan:
    """Return what `dbops init` would write into `root`.

    migrations, metadata: given by the user in place of what is found.
    Raises ConfigError when no alembic scripts are found or several are.
    """
    location = migrations or find_script_location(root)
    script = root / location
    env = (script if script.is_dir() else script.parent) / "env.py"
    found = Found(location, metadata if metadata is not None else find_metadata(env, root))
    wanted = (
        ("dbops.toml", render_config_file(found)),
        ("checks/empty_revision_number.sql", _EXAMPLE_SQL),
        ("checks/table_name_with_blank.py", _EXAMPLE_PYTHON),
    )
    return Plan(
        root=root,
        found=found,
        files=tuple((name, text) for name, text in wanted if not (root / name).exists()),
        kept=tuple(name for name, _ in wanted if (root / name).exists()),
    )


def apply_init(plan: Plan) -> tuple[str, ...]:
    """Write the planned files and return their names; a file that appeared meanwhile is kept."""
    written = []
    for name, text in plan.files:
        file = plan.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("x", encoding="utf-8") as target:
                target.write(text)
        except FileExistsError:
            continue
        written.append(name)
    return tuple(written)


def find_script_location(root: Path) -> str:
    """Return alembic's script folder relative to `root`: from an alembic.ini, pyproject.toml, or an env.py.

    Raises ConfigError when there is none, or more than one to choose from.
    """
    named = [place for place in (*_from_ini(root), *_from_pyproject(root)) if (place / "env.py").is_file()]
    places = sorted({place.resolve() for place in named} or {file.parent.resolve() for file in _env_files(root)})
    if not places:
        raise ConfigError(
            f"no alembic scripts are under {str(root)!r} (run alembic init first, or name them: --migrations PATH)"
        )
    if len(places) > 1:
        listed = ", ".join(_relative(place, root) for place in places)
        raise ConfigError(f"several alembic script folders are there: {listed} (choose one: --migrations PATH)")
    return _relative(places[0], root)


def find_metadata(env_file: Path, root: Path) -> str:
    """Return `module:name` of env.py's `target_metadata`, or nothing when it is None or cannot be told."""
    try:
        tree = ast.parse(env_file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return ""
    imported, modules = _imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(_is_name(t, "target_metadata") for t in node.targets):
            reference = _reference(node.value, imported, modules)
            if reference:
                return reference
    return ""


def render_config_file(found: Found) -> str:
    """Return the text of a dbops.toml."""
    metadata = f'metadata   = "{found.metadata}"' if found.metadata else '# metadata = "yourpackage.models:metadata"'
    return _CONFIG.format(metadata=metadata, migrations=found.migrations)


def _from_ini(root: Path) -> Iterator[Path]:
    for file in _files(root, "alembic.ini"):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(file, encoding="utf-8")
            location = parser.get("alembic", "script_location")
        except (configparser.Error, UnicodeDecodeError):
            continue
        yield from _places(location.replace("%(here)s", str(file.parent)), file.parent, root)


def _from_pyproject(root: Path) -> Iterator[Path]:
    file = root / "pyproject.toml"
    if not file.is_file():
        return
    try:
        location = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["alembic"]["script_location"]
    except (KeyError, TypeError, tomllib.TOMLDecodeError):
        return
    yield from _places(str(location).replace("%(here)s", str(root)), root, root)


def _places(location: str, folder: Path, root: Path) -> Iterator[Path]:
    """Yield the folders a script location may mean: a path, or `package:path`."""
    package, _, inside = location.rpartition(":")
    if package and inside:
        yield root / package.replace(".", "/") / inside
        yield root / inside
    yield folder / location


def _env_files(root: Path) -> Iterator[Path]:
    for file in _files(root, "env.py"):
        if (file.parent / "versions").is_dir() or (file.parent / "script.py.mako").is_file():
            yield file


def _files(folder: Path, name: str, depth: int = 0) -> Iterator[Path]:
    if (folder / name).is_file():
        yield folder / name
    if depth >= _DEEPEST:
        return
    for inside in sorted(folder.iterdir()):
        if inside.is_dir() and inside.name not in _PASSED_OVER and not inside.is_symlink():
            yield from _files(inside, name, depth + 1)


def _relative(place: Path, root: Path) -> str:
    try:
        return place.relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(place)


def _imports(tree: ast.Module) -> tuple[dict[str, str], frozenset[str]]:
    """Return what each imported name stands for, as a dotted path, and the modules imported by their full name."""
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
            names |= {alias.asname or alias.name.partition(".")[0]: _stands_for(alias) for alias in node.names}
    return names, frozenset(modules)


def _stands_for(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _reference(value: ast.expr, imported: dict[str, str], modules: frozenset[str]) -> str:
    """Return `module:name` for `name`, `module.name` or `Base.metadata`; nothing for anything else."""
    parts: list[str] = []
    while isinstance(value, ast.Attribute):
        parts.insert(0, value.attr)
        value = value.value
    if not isinstance(value, ast.Name) or value.id not in imported:
        return ""
    path = [*imported[value.id].split("."), *parts]
    if path[-1] == "metadata" and path[-2][:1].isupper():
        path.pop()
    depth = max((n for n in range(1, len(path)) if ".".join(path[:n]) in modules), default=len(path) - 1)
    return f"{'.'.join(path[:depth])}:{'.'.join(path[depth:])}"


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


_CONFIG = """\
# The gate of this project: pytest --dbops-env=development
# All keys, with their defaults: dbops config show --origin

[project]
{metadata}
migrations = "{migrations}"
checks     = ["checks"]

# development is a SQLite file and testing a scratch PostgreSQL server: the tool makes, migrates and keeps them.
# Give the others by reference; a password never stands in this file.
#
# [env.staging]
# url  = "env:STAGING_DATABASE_URL"
# kind = "staging"
#
# [env.production]
# url  = "env:PRODUCTION_DATABASE_URL"
# kind = "production"

[gate]
fail_on = "error"
"""

_EXAMPLE_SQL = """\
-- code: OWN001
-- severity: error
-- title: A row of alembic's version table is empty
-- hint: stamp the database with the revision it really has: alembic stamp REVISION
-- key: version_num
--
-- A check of your own: one SELECT that returns the offending rows. No row is a pass.
SELECT version_num
FROM alembic_version
WHERE version_num = ''
"""

_EXAMPLE_PYTHON = '''\
"""A check of your own, written in Python: a decorated function that yields what it finds."""

from collections.abc import Iterator

from pytest_dbops import Catalog, Finding, Severity, check


@check("OWN002", severity=Severity.WARNING)
def table_name_with_blank(catalog: Catalog) -> Iterator[Finding]:
    """A table's name holds a blank.

    Every statement then has to quote it, and the one that forgets to fails at run time.

    Rename the table.
    """
    for table in catalog.tables:
        if " " in table.name:
            yield Finding(table.display, "the name holds a blank", hint=f"ALTER TABLE {table.quoted} RENAME TO ...")
'''
