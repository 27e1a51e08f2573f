"""Golden files of rendered reports; `python -m tests.unit.reports.golden` writes them anew, for somebody to read."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.reports.findings import render_findings
from pytest_dbops.reports.json_report import render_json
from pytest_dbops.reports.junit import Profile, render_junit
from pytest_dbops.reports.nagios import render_nagios
from pytest_dbops.reports.text import render_text
from tests.unit.reports.sample import everything, failed

FOLDER = Path(__file__).parents[2] / "data" / "reports"
PATHS = (Path("dbops-reports/staging/gate.json"), Path("dbops-reports/staging/gate.txt"))


def rendered() -> dict[str, str]:
    """Return the text of each golden file by its name."""
    return {
        "gate.json": render_json(everything()),
        "gate.txt": render_text(everything(), paths=PATHS),
        "gate-60.txt": render_text(everything(), paths=PATHS, width=60),
        "failed.txt": render_findings(failed()) + "\n",
        "nagios.txt": render_nagios(everything()),
        "junit-rich.xml": render_junit(everything()).decode(),
        "junit-strict.xml": render_junit(everything(), Profile.STRICT).decode(),
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
