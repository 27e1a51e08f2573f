"""Write the reports of a run to files; a write that fails leaves the old file in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path

from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.report import Report
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.json_report import render_json
from pytest_dbops.reports.junit import Profile, junit_name, render_junit
from pytest_dbops.reports.masking import Mask, masked
from pytest_dbops.reports.text import render_text

DEFAULT_FOLDER = Path("dbops-reports")
_FILE_FINDINGS = 200
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Format(StrEnum):
    """A report format that is written to a file."""

    JSON = "json"
    TEXT = "text"
    JUNIT = "junit"


def report_folder(environment: str, root: Path = DEFAULT_FOLDER) -> Path:
    """Return where the reports of an environment lie by default: `dbops-reports/staging`."""
    return root / _file_word(environment)


def write_reports(
    report: Report,
    folder: Path,
    formats: Collection[Format] = tuple(Format),
    junit_profile: Profile = Profile.RICH,
    mask: Mask = str,
) -> tuple[Path, ...]:
    """Write `gate.json`, `gate.txt` and `junit-dbops-<env>.xml` into `folder`, made if need be; return their paths.

    mask: takes known secrets out of a text (`SecretMask`); every text of the report goes through it first,
    and the finished text report once more.
    Raises DbopsError, one line naming each file that could not be written; the others are written all the same.
    """
    clean = masked(report, mask)
    paths = report_paths(report, folder, formats)
    render: dict[Format, Callable[[], bytes]] = {
        Format.JSON: lambda: render_json(clean).encode(),
        Format.TEXT: lambda: mask(_file_text(clean, paths)).encode(),
        Format.JUNIT: lambda: render_junit(clean, junit_profile),
    }
    failures = []
    for kind, path in paths.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_durably(path, render[kind]())
        except OSError as err:
            failures.append(f"{path} could not be written: {err.strerror or err}")
    if failures:
        raise DbopsError(visible(mask("; ".join(failures))))
    return tuple(paths.values())


def remove_reports(environment: str, folder: Path) -> None:
    """Remove what an earlier run of an environment left in `folder`, the JSON verdict first.

    Raises DbopsError, one line, when one stays: it would be taken for the verdict of a run that has none.
    """
    for path in _paths(environment, folder).values():
        try:
            path.unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as err:
            raise DbopsError(visible(f"{path} of an earlier run cannot be removed: {err.strerror or err}")) from err


def report_paths(report: Report, folder: Path, formats: Collection[Format] = tuple(Format)) -> dict[Format, Path]:
    """Return where `write_reports` puts each format, in the order JSON, text, JUnit."""
    return {kind: path for kind, path in _paths(report.target.environment, folder).items() if kind in formats}


def _paths(environment: str, folder: Path) -> dict[Format, Path]:
    return {
        Format.JSON: folder / "gate.json",
        Format.TEXT: folder / "gate.txt",
        Format.JUNIT: folder / junit_name(_file_word(environment)),
    }


def _file_text(report: Report, paths: Mapping[Format, Path]) -> str:
    return render_text(report, paths=tuple(paths.values()), most=_FILE_FINDINGS)


def _file_word(text: str) -> str:
    """Return the text as one part of a path that stays where it is put."""
    return _UNSAFE.sub("-", text).lstrip(".") or "environment"
