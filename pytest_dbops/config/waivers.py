"""The tables `[[waiver]]`: dated, reasoned exceptions, malformed ones refused before anything is connected."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.shapes import code, day, text, words
from pytest_dbops.config.table import Key, Section, Source, Table
from pytest_dbops.core.waiver import LONGEST_DAYS, Waiver

CHECK = Key(
    "check", code(), "the check it speaks of", "required", 'check = "PRF002"',
)  # fmt: skip
SUBJECT = Key(
    "subject", text(), "glob of the subjects it excuses (`public.invoice`, `*.legacy_*`)",
    "required", 'subject = "invoice.*"',
)  # fmt: skip
OWNER = Key(
    "owner", text(), "who answers for it", "required", 'owner = "billing@example.com"',
)  # fmt: skip
REASON = Key(
    "reason", text(), "why it is tolerable until then", "required", 'reason = "index is built in the next release"',
)  # fmt: skip
EXPIRES = Key(
    "expires", day(), f"last day on which it counts; at most {LONGEST_DAYS} days ahead", "required",
    "expires = 2027-03-01",
)  # fmt: skip
ENVIRONMENTS = Key(
    "environments", words("list of names"), "environments it counts in", "all of them", 'environments = ["staging"]',
)  # fmt: skip
WAIVER = Table(
    "waiver",
    "An exception, one table each. An expired waiver blocks, one that excuses nothing warns.",
    (CHECK, SUBJECT, OWNER, REASON, EXPIRES, ENVIRONMENTS),
    is_array=True,
)


def read_waivers(source: Source, environments: Collection[str], *, today: date) -> tuple[Waiver, ...]:
    """Return all waivers in order, expired ones too; raises ConfigError for the first that is malformed."""
    written = source.document.tables.get("waiver", [])
    if not isinstance(written, list):
        raise source.document.error(("waiver",), "[waiver] is a single table; write [[waiver]], once for each")
    sections = (source.section(WAIVER, "waiver", number) for number in range(len(written)))
    waivers: dict[Waiver, str] = {}
    for number, section in enumerate(sections):
        waiver = _read_waiver(section, environments, today)
        if waiver in waivers:
            raise section.error(
                "", f"[[waiver]] {waiver.label} is written twice, first at {waivers[waiver]} (remove one)"
            )
        waivers[waiver] = source.document.place(("waiver", number))
    return tuple(waivers)


def _read_waiver(section: Section, environments: Collection[str], today: date) -> Waiver:
    waiver = Waiver(
        check=section.require(CHECK),
        subject=section.require(SUBJECT),
        owner=section.require(OWNER),
        reason=section.require(REASON),
        expires=section.require(EXPIRES),
        environments=section.read(ENVIRONMENTS, ()),
    )
    if section.has(ENVIRONMENTS) and not waiver.environments:
        raise section.error("environments", "[[waiver]] environments is empty; name some, or leave it out for all")
    if waiver.is_too_long(today):
        last = today + timedelta(days=LONGEST_DAYS)
        days = (waiver.expires - today).days
        raise section.error(
            "expires", f"[[waiver]] {waiver.label} runs for {days} days; {LONGEST_DAYS} are allowed (until {last})"
        )
    for name in waiver.environments:
        if name not in environments:
            raise section.error(
                "environments",
                f"[[waiver]] environment {name!r} is not configured{nearest_hint(name, environments)};"
                f" there are {', '.join(environments)}",
            )
    return waiver
