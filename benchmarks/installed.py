"""Virtual environments that hold chosen distributions and what they require, made from those installed here.

Nothing is downloaded: the packages are linked, together with their metadata, so that entry points are found as they
are after `pip install`.
"""

from __future__ import annotations

import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import pytest_dbops

_OURS = "pytest-dbops"


def made_environment(folder: Path, *names: str) -> Path:
    """Make an environment in `folder` that holds the named distributions; returns its interpreter."""
    builder = venv.EnvBuilder(symlinks=True, with_pip=False)
    builder.create(folder)
    site = next(folder.glob("lib/python*/site-packages"))
    for found in _with_requirements(names).values():
        for place in _places(found):
            link = site / place.name
            if not link.exists():
                link.symlink_to(place)
    return folder / "bin" / "python"


def _with_requirements(names: tuple[str, ...]) -> dict[str, Distribution]:
    """Return the distributions by name, with all that they require here without an extra."""
    found: dict[str, Distribution] = {}
    waiting = [(name, frozenset({""})) for name in names]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            found[canonicalize_name(name)] = one = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is not installed here (run: pip install {name})") from None
        for text in one.requires or ():
            need = Requirement(text)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((need.name, frozenset(need.extras | {""})))
    return found


def _places(found: Distribution) -> Iterator[Path]:
    """Yield the folders and modules of a distribution, and its metadata, as they lie in site-packages."""
    if canonicalize_name(found.metadata["Name"]) == _OURS:
        # In a clone it is installed as a link of its own kind; a user has the package itself.
        yield Path(pytest_dbops.__file__).parent
    tops = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
    for top in sorted(tops):
        if not top.startswith(("_editable_impl_", "__editable__")):
            yield Path(str(found.locate_file(top)))
