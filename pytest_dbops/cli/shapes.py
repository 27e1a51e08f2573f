"""What `--format json` prints: keys that are kept from version to version, each with its meaning.

A key may be added within a version; one that is taken away or changes its meaning is announced as breaking.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_dbops.core.frozen import frozen


@frozen
class Shape:
    """One document: an object of these keys, or a list of such objects."""

    keys: Mapping[str, str]
    is_list: bool = False


REPORT = Shape(
    {
        "schema_version": "rises when a key is taken away or changes its meaning",
        "counts": "number of checks by outcome",
        "tool_version": "version of pytest-dbops",
        "started_at": "when the run began, ISO 8601 with time zone",
        "duration_s": "seconds the run took",
        "target": "environment, kind, dialect, display_url, server, host, database, role, catalog_fingerprint, place,"
        " and unopened: why it was not",
        "judgement": "verdict, scope, problems, is_passed_gate",
        "results": "one object a check, with its findings",
        "expected": "number of checks of the whole gate",
        "not_run": "ids of the checks that were not asked",
        "notes": "what else a reader should know",
        "baseline": "the file of known findings, empty when there is none",
        "revisions": "which revisions were in scope, empty without any",
    }
)
"""The report of a gate; docs/reference/report.md describes it in full."""
