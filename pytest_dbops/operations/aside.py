"""What code of the project prints, kept out of our results: it goes to standard error, its secrets masked."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO


@contextmanager
def printing_aside(mask: Callable[[str], str]) -> Iterator[None]:
    """Send what is printed in the block to standard error, line by line, each masked."""
    if sys.stderr is None:
        with redirect_stdout(None):
            yield
        return
    aside = _MaskedLines(sys.stderr, mask)
    with redirect_stdout(aside), redirect_stderr(aside):
        try:
            yield
        finally:
            aside.finish()


@contextmanager
def descriptor_aside() -> Iterator[None]:
    """Send what this process and its children write to descriptor 1 in the block to standard error.

    For a command that owns the process; without a standard output there is nothing to keep clean.
    """
    if sys.stdout is None or sys.stderr is None:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


class _MaskedLines(io.TextIOBase):
    """A text stream that hands whole lines on, so that a secret is not torn apart by two writes."""

    def __init__(self, stream: TextIO, mask: Callable[[str], str]) -> None:
        self._stream = stream
        self._mask = mask
        self._begun = ""

    def writable(self) -> bool:
        """It is written to, and nothing else."""
        return True

    def write(self, text: str) -> int:
        """Take a text; its last line waits for its end."""
        whole, end, self._begun = (self._begun + text).rpartition("\n")
        if end:
            self._stream.write(self._mask(whole) + end)
        return len(text)

    def finish(self) -> None:
        """Hand on the last line, if it has no end."""
        if self._begun:
            self.write("\n")
        self._stream.flush()
