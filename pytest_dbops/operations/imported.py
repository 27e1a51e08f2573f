"""What a process of ours imported of a project: its files and its libraries, so that a change in them is seen."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from types import ModuleType

FORKED = frozenset(
    {
        "alembic", "cffi", "cryptography", "greenlet", "mako", "markupsafe", "psycopg", "psycopg-binary", "psycopg-c",
        "pygments", "setuptools", "sqlalchemy", "typing-extensions",
    }
)  # fmt: skip
"""Distributions that a process of ours may hold before it runs anything of the project's (see `fork_server`)."""

_OURS = Path(__file__).resolve().parent.parent
_KNOWN_TOPS = {
    *sys.stdlib_module_names, "__main__", "__mp_main__", "_cffi_backend", "_distutils_hack", "pkg_resources",
    _OURS.name, *(name.replace("-", "_") for name in FORKED),
}  # fmt: skip
"""What is imported of Python, of this package, and of the distributions in ``FORKED``."""

_TOP = re.compile(r"^([^,/.\r\n]*)(?:[^\n]*\n\1(?=[,/.]))*", re.MULTILINE)
"""What lines of RECORD begin with, one match for all in succession: a folder, or a module without its suffix."""


def project_on_path(root: Path) -> None:
    """Let the project's modules be imported as from its root, and from `src` where it has one."""
    sys.path[:0] = [str(root), *([str(root / "src")] if (root / "src").is_dir() else [])]


def imported_files(root: Path) -> list[str]:
    """Return the Python files that were imported and belong to no library, relative to the root."""
    named = {f for module in list(sys.modules.values()) if isinstance(f := getattr(module, "__file__", None), str)}
    places = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    installed = tuple(f"{place}{os.sep}" for place in (*places, _OURS))
    return sorted(
        os.path.relpath(file, root)
        for file in named
        if file.endswith(".py") and not file.startswith(installed) and "site-packages" not in file and _is_file(file)
    )


def imported_libraries() -> list[str]:
    """Return the installed distributions of which anything was imported, but for those in `FORKED`.

    What the server of a fork happens to have imported for others is no matter of this process. Where nothing else was
    found beside a distribution, none is looked at, of which an environment may have hundreds.
    """
    tops = {name.partition(".")[0] for name in sys.modules} - _KNOWN_TOPS
    folders = {top: _folder_of(sys.modules.get(top)) for top in tops}
    installed = {folder for folder in {*folders.values()} - {""} if _has_distributions(folder)}
    wanted = {top for top, folder in folders.items() if folder in installed}
    if not wanted:
        return []
    found = {each.metadata["Name"] for each in distributions() if not wanted.isdisjoint(_tops_of(each))}
    return sorted(name for name in found if _normalised(name) not in FORKED)


def _folder_of(module: ModuleType | None) -> str:
    """Return the folder that a module was found in; nothing of one that lies nowhere: another has made it."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        folder, name = os.path.split(file)
        return os.path.dirname(folder) if name.startswith("__init__.") else folder  # noqa: PTH120  # of texts
    paths = list(getattr(module, "__path__", None) or ())
    return os.path.dirname(paths[0]) if paths and isinstance(paths[0], str) else ""  # noqa: PTH120


def _has_distributions(folder: str) -> bool:
    """Tell whether anything was installed into a folder; where that cannot be told, it may be."""
    try:
        return any(name.endswith((".dist-info", ".egg-info")) for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return True


def versions_of(libraries: Iterable[str]) -> list[str]:
    """Return `name version` of each distribution and of those in `FORKED`; no version for one that is not installed."""
    names = {*map(_normalised, libraries), *FORKED}
    return [f"{name} {_version_of(name)}" for name in sorted(names)]


def _version_of(name: str) -> str:
    try:
        text = distribution(name).read_text("METADATA") or ""
    except PackageNotFoundError:
        return ""
    # To parse all of it takes three times as long, and a first test waits for it.
    return next((line.removeprefix("Version: ") for line in text.splitlines() if line.startswith("Version: ")), "")


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _tops_of(distribution: Distribution) -> set[str]:
    """Return what may be imported of a distribution, from its texts: to make paths of them takes ten times as long."""
    listed = (distribution.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    return set(_TOP.findall(distribution.read_text("RECORD") or ""))


def _is_file(file: str) -> bool:
    return Path(file).is_absolute() and Path(file).is_file()
