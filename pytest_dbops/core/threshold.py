"""A measured value against two limits, and how people read durations and sizes."""

from __future__ import annotations

from pytest_dbops.core.severity import Severity

_DURATIONS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_SIZES = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


def severity_of(value: float, *, warn: float, fail: float) -> Severity | None:
    """Return ERROR when `value` has reached `fail`, WARNING when it has reached `warn`, else None."""
    if value >= fail:
        return Severity.ERROR
    return Severity.WARNING if value >= warn else None


def limit_reached(severity: Severity, *, warn: float, fail: float) -> float:
    """Return the limit that made `severity_of` answer `severity`."""
    return fail if severity is Severity.ERROR else warn


def render_duration(seconds: float) -> str:
    """Return a duration as people say it, in its largest unit that is passed twice: `45 s`, `90 min`, `31 h`."""
    for size_s, unit in _DURATIONS:
        if seconds >= 2 * size_s:
            return f"{seconds / size_s:.0f} {unit}"
    return f"{render_number(seconds)} s"


def render_bytes(size_bytes: float) -> str:
    """Return a size in units of 1024, with PostgreSQL's names for them: `16 MB`, `1.5 GB`."""
    for factor, unit in _SIZES:
        if size_bytes >= factor:
            return f"{render_number(size_bytes / factor)} {unit}"
    return f"{size_bytes:.0f} bytes"


def render_number(value: float) -> str:
    """Return a measured value in three digits, or as a whole number where it has more: `0.0123`, `4.5`, `1234`."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
