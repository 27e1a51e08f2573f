"""Put a dbops.toml and two example checks into an existing alembic project; nothing there is overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pytest_dbops.config.document import PYPROJECT, has_our_table
from pytest_dbops.config.shapes import Unfit, target
from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.env_source import read_env_source
from pytest_dbops.operations.script_location import SOURCES, find_script_location, given_script_location

CONFIG_FILE = "dbops.toml"
FIRST_LINE = "# The gate of this project: pytest --dbops-env=development\n"
"""By which a file that was written here is known."""
SEEDS = "seeds"
"""The folder of a project's seeders."""

MADE_BY_RUNS = (".dbops/", "dbops-reports/")
"""What runs leave in a project, and no repository should hold."""


@frozen
class Found:
    """What a project says of itself: alembic's script location and the MetaData, empty when not found.

    note: why there is no MetaData, else empty.
    """

    migrations: str
    metadata: str
    note: str = ""


@frozen
class Plan:
    """The files that would be written, relative to the root, and those that are there already."""

    root: Path
    found: Found
    files: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]


def plan_init(
    root: Path, *, migrations: str | None = None, metadata: str | None = None, with_seeds: bool = False
) -> Plan:
    """Return what `dbops init` would write into `root`.

    migrations, metadata: given by the user in place of what is found.
    with_seeds: whether an example of a seeder is wanted too.
    A project that has a dbops.toml gets no checks: its own may have taken the examples' codes.
    Raises ConfigError when no alembic scripts are found or several are, UsageError for whatever else is in the way,
    before anything is written.
    """
    _refuse_other_configuration(root)
    _refuse_malformed(metadata)
    if with_seeds and _is_there(root / CONFIG_FILE):
        project = _project_of(root)
        return _plan_of(root, Found(project.get("migrations", ""), project.get("metadata", "")), _SEED_FILES, ())
    location, script = given_script_location(root, migrations) if migrations else _found_location(root)
    source = read_env_source(script / "env.py", tuple(root / place for place in SOURCES))
    found = Found(location, source.metadata, source.note) if metadata is None else Found(location, metadata)
    checks = _folder_of_checks(root)
    wanted = (
        (CONFIG_FILE, render_config_file(found, checks, seeds=SEEDS if with_seeds else "")),
        (f"{checks}/empty_revision_number.sql", _EXAMPLE_SQL),
        (f"{checks}/table_name_with_blank.py", _EXAMPLE_PYTHON),
    )
    if source.has_own_version_table:
        wanted = (wanted[0], (f"{checks}/clock_before_2000.sql", _EXAMPLE_SQL_WITHOUT_TABLE), wanted[2])
    if _is_there(root / CONFIG_FILE):
        return _plan_of(root, found, (), tuple(name for name, _ in wanted))
    return _plan_of(root, found, (*wanted, *(_SEED_FILES if with_seeds else ())), ())


def apply_init(plan: Plan) -> tuple[str, ...]:
    """Write the planned files and return their names; a file that appeared meanwhile is kept.

    Raises UsageError when a file cannot be written.
    """
    written = []
    for name, text in plan.files:
        file = plan.root / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as target:
                target.write(text)
        except FileExistsError:
            if not file.parent.is_dir():
                raise UsageError(f"{name} cannot be written: {file.parent.name!r} is no folder") from None
            continue
        except OSError as err:
            raise UsageError(f"{name} cannot be written: {err.strerror}") from err
        written.append(name)
    return tuple(written)


def names_seeders(root: Path) -> bool:
    """Whether the project's dbops.toml names a folder of seeders."""
    return bool(_project_of(root).get("seeders"))


def render_config_file(found: Found, checks: str = "checks", *, seeds: str = "") -> str:
    """Return the text of a dbops.toml."""
    metadata = (
        f"metadata   = {_text(found.metadata)}" if found.metadata else '# metadata = "yourpackage.models:metadata"'
    )
    seeders = f"\nseeders    = {_text(seeds)}" if seeds else ""
    checks = f"[{_text(checks)}]{seeders}"
    return _CONFIG.format(metadata=metadata, migrations=_text(found.migrations), checks=checks)


def unignored(root: Path) -> tuple[str, ...]:
    """Return the lines that the project's .gitignore lacks; the file is somebody's own and is never written."""
    try:
        lines = (root / ".gitignore").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    there = {line.strip().strip("/") for line in lines}
    return tuple(line for line in MADE_BY_RUNS if line.strip("/") not in there)


def _plan_of(root: Path, found: Found, due: tuple[tuple[str, str], ...], passed_over: tuple[str, ...]) -> Plan:
    """Return the plan to write what is due and not there; passed_over: files that are not due, named if there."""
    names = (CONFIG_FILE, *passed_over, *(name for name, _ in due))
    there = tuple(name for name in dict.fromkeys(names) if _is_there(root / name))
    missing = tuple((name, text) for name, text in due if name not in there)
    _refuse_obstacles(root, [name for name, _ in missing])
    return Plan(root, found, missing, there)


def _project_of(root: Path) -> dict[str, str]:
    """Return the texts of [project] in the configuration that is there."""
    import tomllib

    try:
        project = tomllib.loads((root / CONFIG_FILE).read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError) as err:
        raise ConfigError(f"{CONFIG_FILE} cannot be read: {' '.join(str(err).split())}") from err
    return {name: value for name, value in project.items() if isinstance(value, str)}


def _refuse_other_configuration(root: Path) -> None:
    if has_our_table(root / PYPROJECT):
        raise UsageError(f"{PYPROJECT} holds [tool.dbops] already, so there is nothing to write (add to that table)")


def _refuse_malformed(metadata: str | None) -> None:
    try:
        if metadata is not None:
            target().parse(metadata)
    except Unfit as err:
        raise UsageError(f"--metadata is {metadata!r}; {err}") from None


def _refuse_obstacles(root: Path, names: list[str]) -> None:
    """Raise UsageError where a file stands in the place of a folder, or a folder cannot be written to."""
    for name in names:
        folder = (root / name).parent
        while not _is_there(folder):
            folder = folder.parent
        if not folder.is_dir():
            raise UsageError(f"{name} cannot be written: {folder.name!r} is no folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{name} cannot be written: folder {folder.name!r} may not be written to")


def _found_location(root: Path) -> tuple[str, Path]:
    location = find_script_location(root)
    return location, root / location


def _folder_of_checks(root: Path) -> str:
    """Return `checks`, or another name where that folder holds Python of another purpose, which we would import."""
    files = sorted((root / "checks").glob("*.py"))
    return "checks" if all("pytest_dbops" in file.read_text("utf-8", "replace") for file in files) else "dbops_checks"


def _is_there(file: Path) -> bool:
    return file.exists() or file.is_symlink()


def _text(value: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


_CONFIG = f"""\
{FIRST_LINE}# All keys, with their defaults: dbops config show --origin

[project]
{{metadata}}
migrations = {{migrations}}
checks     = {{checks}}

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

# Tests that are given a database have its schema judged at the end of their session; what is new in a change is mended
# most cheaply there, so that warnings count (`schema`: fail, warn or off).
[fixtures]
schema  = "fail"
fail_on = "warning"

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

_EXAMPLE_SQL_WITHOUT_TABLE = """\
-- code: OWN001
-- severity: error
-- title: The clock of the database stands before the year 2000
-- hint: set the clock of the server, and see why it was lost
-- key: now
--
-- A check of your own: one SELECT that returns the offending rows. No row is a pass.
SELECT CURRENT_TIMESTAMP AS now
WHERE CURRENT_TIMESTAMP < '2000-01-01'
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

_EXAMPLE_SEEDER = '''\
"""Rows to work with: dbops seed all --env development. Put your own table and columns in the place of these."""

from pytest_dbops import SeedContext  # and: seeder


def remove(context: SeedContext) -> None:
    """Take away what `customers` wrote: dbops seed clean."""
    for number in range(1, 21):
        context.delete("customer", id=number)


# Take the mark away once table and columns are yours. The names are Faker's: pip install 'pytest-dbops[seed]'
# @seeder("customers", tables=("customer",), version=1, clean=remove)
def customers(context: SeedContext) -> None:
    """Twenty customers; the same for everybody who seeds."""
    names = context.draws("customer").choices("name", 20, context.pool("name", "en_US"))
    context.insert("customer", [{"id": number, "name": name} for number, name in enumerate(names, start=1)])
    context.note("customers", range(1, 21))
'''

_SEED_FILES = ((f"{SEEDS}/__init__.py", ""), (f"{SEEDS}/example.py", _EXAMPLE_SEEDER))
