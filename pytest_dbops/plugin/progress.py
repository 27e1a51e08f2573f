"""A line that tells, on a terminal, what takes time; nothing where nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest import Config


def progress_on(config: Config) -> Callable[[str], None]:
    """Return a function that shows a text on pytest's terminal, over the one before it."""

    def show(text: str) -> None:
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or not reporter.isatty or reporter.verbosity < 0:
            return
        capture = config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            reporter.rewrite(f"dbops: {text}"[: reporter._tw.fullwidth - 1], erase=True)

    return show
