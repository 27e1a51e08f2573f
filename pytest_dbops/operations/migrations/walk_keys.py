"""Name what was judged of a revision by all that shapes it, so that an equal name means an equal answer.

A revision's name is made of its file, the files of the project that it imports, the data it names, the names of those
before it, and what all of them share: env.py and what that imports, the ini, the baseline, the product, its version
and the libraries'. What is shaped by none of these, as a variable of the process, is not seen: `--dbops-fresh`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path

from pytest_dbops import __version__
from pytest_dbops.config.model import Config
from pytest_dbops.core.downgrades import DowngradeRule
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import History, Revision
from pytest_dbops.migrating.scripts import Scripts
from pytest_dbops.migrating.shaping import Sources, digest_of, names_in, settings_digest
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import schemes_of
from pytest_dbops.operations.imported import versions_of
from pytest_dbops.operations.migrations.kept_readings import own_stamp

_DRIVERS = ("psycopg2", "psycopg2-binary", "asyncpg", "aiosqlite")
_PASSED_OVER = (".py", ".pyc", ".mako", ".md", ".rst", "~")


@frozen
class Seen:
    """What an earlier walk was seen to import and to read, relative to the root: what no text tells."""

    files: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


@frozen
class Keys:
    """common: the name of what all revisions share; by_revision: the name of each."""

    common: str
    by_revision: Mapping[str, str] = field(default_factory=dict)

    def schema_name(self, revisions: Iterable[str]) -> str:
        """Return the name of the schema at these revisions."""
        return _sha256(" ".join(sorted(self.by_revision.get(each, each) for each in revisions)))


def walk_keys(config: Config, history: History, scripts: Scripts, *, server: str, seen: Seen) -> Keys:
    """Return the names of all revisions of a history without problems; reads the project's files, imports none.

    server: product and version of the scratch server.
    """
    files = _Files(config, scripts, history, seen)
    common = _hash(server, *_facts(config, seen), *files.shared())
    names: dict[str, str] = {}
    for each in history.revisions:
        before = [names.get(parent, parent) for parent in sorted({*each.down, *each.depends_on})]
        names[each.id] = _hash(common, each.id, *before, *files.of(each))
    return Keys(common, names)


def last_change_ns(config: Config, history: History, scripts: Scripts, seen: Seen) -> int:
    """Return when one of the files that shape the history was changed last."""
    return max(map(_change_ns, _Files(config, scripts, history, seen).every()), default=0)


class _Files:
    """The files that shape a history, told apart: those of one revision, and those of all."""

    def __init__(self, config: Config, scripts: Scripts, history: History, seen: Seen) -> None:
        self._config = config
        root = config.root
        self._inside = f"{root}{os.sep}"
        places = (root, root / "src", scripts.folder, *scripts.locations)
        sources = Sources(root, places)
        self._revisions = {each.id: root / each.file for each in history.revisions}
        self._imports = {name: sources.closure(file) for name, file in self._revisions.items()}
        self._env_file = (scripts.folder / "env.py").resolve()
        self._of_env = sources.closure(scripts.folder / "env.py") - {self._env_file}
        self._settings = [file for file in (scripts.ini, root / "pyproject.toml") if file is not None]
        self._baseline = _baseline_files(config, sources)
        real = sources.real
        data = {real.of(file) for place in (scripts.folder, *scripts.locations) for file in _data_below(place)}
        everything = {real.of(root / name) for name in seen.files} | data
        owned = frozenset().union(*self._imports.values()) | self._of_env | {self._env_file}
        rest = sorted(everything - owned - {real.of(file) for file in self._settings})
        stems = {word for file in rest for word in (file.name, file.stem)}
        named = {name: names_in(file, stems) for name, file in self._revisions.items()}
        self._data = {name: [file for file in rest if {file.name, file.stem} & words] for name, words in named.items()}
        unnamed = set(rest).difference(*self._data.values())
        self._common = sorted(unnamed)

    def of(self, revision: Revision) -> Iterable[str]:
        """Return what tells the files of one revision: their places and contents."""
        return (self._told(file) for file in (*sorted(self._imports[revision.id]), *self._data[revision.id]))

    def shared(self) -> Iterable[str]:
        """Return what tells the files that all revisions share."""
        whole = (self._env_file, *self._settings, *self._baseline, *self._common)
        yield from (self._told(file) for file in whole)
        yield from sorted({settings_digest(file) for file in self._of_env} - {""})

    def every(self) -> set[Path]:
        """Return all files; some may not be there."""
        found = {self._env_file, *self._settings, *self._baseline, *self._common, *self._of_env}
        found.update(*self._imports.values(), *self._data.values())
        return found

    def _told(self, file: Path) -> str:
        text = str(file)
        is_inside = text.startswith(self._inside)
        place = text.removeprefix(self._inside) if is_inside else os.path.relpath(text, self._config.root)
        return f"{place} {_digest(file)}"


def _change_ns(file: Path) -> int:
    """Return when a file was changed; 0 for what is no file, or is none any more."""
    try:
        found = file.stat()
    except OSError:
        return 0
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else 0


def _facts(config: Config, seen: Seen) -> Iterable[str]:
    project = config.project
    yield json.dumps([project.migrations, project.baseline, project.first_revision, project.metadata])
    yield f"only up: {config.migrations.downgrades is DowngradeRule.IGNORED}"
    yield json.dumps(schemes_of(url_variables(config)), sort_keys=True)
    yield f"{__version__} {own_stamp()} {sys.version_info[:3]}"
    yield " ".join(versions_of((*_DRIVERS, *seen.libraries)))


def _baseline_files(config: Config, sources: Sources) -> list[Path]:
    baseline = config.project.baseline
    if not baseline:
        return []
    if baseline.endswith(".sql"):
        return [config.path(baseline)]
    parts = baseline.partition(":")[0].split(".")
    found = (place.joinpath(*parts) for place in sources.places)
    files = [file for stem in found for file in (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))]
    return sorted(sources.closure(*files))


def _data_below(place: Path) -> Iterable[Path]:
    for folder, inside, files in os.walk(place):
        inside[:] = [name for name in inside if name != "__pycache__" and not name.startswith(".")]
        yield from (Path(folder, n) for n in files if not n.startswith(".") and not n.endswith(_PASSED_OVER))


def _digest(file: Path) -> str:
    if file.name == "pyproject.toml":
        import tomllib

        try:
            table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("alembic", {})
        except (OSError, ValueError):
            return digest_of(file)
        return _hash(json.dumps(table, sort_keys=True, default=str))
    return digest_of(file)


def _hash(*parts: str) -> str:
    return _sha256("\0".join(parts))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
