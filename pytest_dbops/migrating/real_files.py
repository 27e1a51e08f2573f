"""The real places of many files of few folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class RealFiles:
    """Looks a folder up once: to follow every part of every path is most of what reading a long history costs."""

    _folders: dict[Path, Path] = field(default_factory=dict)

    def of(self, file: Path) -> Path:
        """Return the place of a file with all links followed, as `Path.resolve` does."""
        folder = self._folders.get(file.parent)
        if folder is None:
            folder = self._folders[file.parent] = file.parent.resolve()
        place = folder / file.name
        return place.resolve() if place.is_symlink() else place
