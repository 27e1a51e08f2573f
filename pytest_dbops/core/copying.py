"""The port to a database product that copies a whole database into a file, and tells whether that can be read back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

Answers = tuple[tuple[tuple[str, ...], ...], ...]
"""The rows that each of some questions was answered with, values as texts."""


class CopyingProduct(Protocol):
    """What copies; neither method changes the database that is copied."""

    def write_copy(self, url: str, file: Path, questions: Sequence[str], *, tool: Path | None) -> Answers:
        """Write the whole database into a file that is not there yet, and return what it holds.

        questions: SELECTs, answered as of the very moment that is copied. tool: the program that dumps, where the
        product has one. Raises CannotJudge, in one line, where it cannot be read, Blocked where the file cannot be
        written.
        """

    def read_copy(self, file: Path, questions: Sequence[str], *, tool: Path | None, url: str) -> Answers:
        """Read a copy back and return its answers to the same questions.

        url: an empty scratch database to restore it in, where the product needs one. Raises Blocked for a copy that
        cannot be read.
        """
