"""What a person reads in the terminal: one header line, and the verdict at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.report import Report
from pytest_dbops.core.verdict import Verdict
from pytest_dbops.operations.gate import Gate
from pytest_dbops.reports.masking import masked
from pytest_dbops.reports.paint import Style

if TYPE_CHECKING:
    from pytest import TerminalReporter

_COLOURS = {
    Verdict.PASS: {"green": True},
    Verdict.PASS_WITH_WARNINGS: {"yellow": True},
    Verdict.INCONCLUSIVE: {"red": True},
    Verdict.BLOCKED: {"red": True},
}
_STYLES = {
    Style.GOOD: {"green": True, "bold": True},
    Style.WARNING: {"yellow": True, "bold": True},
    Style.UNSURE: {"purple": True, "bold": True},
    Style.BAD: {"red": True, "bold": True},
    Style.HEADING: {"bold": True},
    Style.STRONG: {"bold": True},
    Style.MUTED: {"light": True},
}


def header_line(gate: Gate, anchor: Path) -> str:
    """Return the line under pytest's own header: whose gate, from which file, how many checks."""
    environment = gate.environment
    place = "embedded" if environment.is_embedded else environment.url_reference
    revisions = f", revisions: {gate.revisions_shown}" if gate.revisions_shown else ""
    return (
        f"dbops: gate of {environment.name!r} ({environment.kind.value}, {environment.dialect}, {place}), "
        f"{len(gate.expected)} checks{revisions}, {anchor.name}"
    )


def write_summary(terminal: TerminalReporter, gate: Gate, report: Report, written: tuple[Path, ...]) -> None:
    """Write the section `dbops gate`."""
    # Imported here: a session that only collects shows no verdict.
    from pytest_dbops.reports.text import render_text

    verdict = report.judgement.verdict
    terminal.section("dbops gate", sep="=", **_COLOURS[verdict])

    def paint(text: str, style: Style) -> str:
        return terminal._tw.markup(text, **_STYLES[style])

    clean = masked(report, gate.config.mask)
    text = render_text(
        clean, width=terminal._tw.fullwidth, paint=paint, paths=written, reasons_in=_reasons_in(terminal, written)
    )
    terminal.write_line(text.rstrip("\n"))


def _reasons_in(terminal: TerminalReporter, written: tuple[Path, ...]) -> str:
    """Return where the reasons of skipped checks are read: a hundred checks of things that a project does not have."""
    if terminal.verbosity > 0:
        return ""
    files = [file.name for file in written if file.suffix == ".txt"]
    return ", or ".join((*files, "pytest -v"))
