"""The table `[audit]`: which tables leave an audit trail, and what it holds."""

from __future__ import annotations

from pytest_dbops.config.shapes import Shape, Unfit, seconds, text, whole, words
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.audit.rules import ACTOR, REQUEST, AuditRules

_LONGEST_NAME = 63


def column_patterns() -> Shape[tuple[str, ...]]:
    """A list of patterns `table.column`."""
    listed = words()

    def parse(value: object) -> tuple[str, ...]:
        found = listed.parse(value)
        for each in found:
            if "." not in each.strip("."):
                raise Unfit(f"{each!r} names no column; write TABLE.COLUMN, as in 'customer.email' or '*.updated_at'")
        return found

    return Shape("list of `table.column`", parse)


def setting_name() -> Shape[str]:
    """The name of a setting of one's own in a PostgreSQL session: two or more words with dots."""

    def parse(value: object) -> str:
        parts = value.split(".") if isinstance(value, str) else []
        if len(parts) < 2 or not all(part.isidentifier() and part.isascii() for part in parts):
            raise Unfit("a name with a dot in it is needed, as in 'app.user_id'")
        assert isinstance(value, str)
        return value

    return Shape("`name.name`", parse)


def column_name() -> Shape[str]:
    """The name of a column."""
    plain = text()

    def parse(value: object) -> str:
        found = plain.parse(value)
        if len(found.encode()) > _LONGEST_NAME:
            raise Unfit(f"a name of at most {_LONGEST_NAME} bytes is needed")
        return found

    return Shape("text", parse)


TABLES = Key(
    "tables", words(), "tables that leave a trail, `*` and `?` as in file names; partitions follow their table",
    "none", 'tables = ["invoice*", "payment", "billing.*"]',
)  # fmt: skip
EXCLUDE = Key(
    "exclude", column_patterns(), "columns that are not recorded; a change of nothing else leaves no entry",
    "none", 'exclude = ["*.updated_at"]',
)  # fmt: skip
MASK = Key(
    "mask", column_patterns(), "columns of which it is recorded that they changed, and not from what to what",
    "none", 'mask = ["customer.name", "*.email"]',
)  # fmt: skip
TENANT = Key(
    "tenant", column_name(), "the column by whose value entries are chained apart", "one chain for all",
    'tenant = "org_id"',
)  # fmt: skip
ACTOR_KEY = Key(
    "actor", setting_name(), "the setting of a PostgreSQL session that says who acts", ACTOR, f'actor = "{ACTOR}"'
)
REQUEST_KEY = Key(
    "request", setting_name(), "the setting that says for which request", REQUEST, f'request = "{REQUEST}"'
)
SEAL_WITHIN = Key(
    "seal_within_s", seconds(), "how long an entry may wait for its seal (`dbops audit seal`) before it is a finding",
    "3600", "seal_within_s = 900",
)  # fmt: skip
MONTHS_AHEAD = Key(
    "months_ahead", whole(1), "partitions of the log that are made ahead (PostgreSQL)", "3", "months_ahead = 3"
)
KEEP_MONTHS = Key(
    "keep_months", whole(1), "months that `dbops audit expire` keeps, beside the current one", "not said",
    "keep_months = 120",
)  # fmt: skip
AUDIT = Table(
    "audit",
    "Which tables leave an audit trail, made by `dbops audit install` in environments whose policy has `auditing`;"
    " an embedded one is built with it.",
    (TABLES, EXCLUDE, MASK, TENANT, ACTOR_KEY, REQUEST_KEY, SEAL_WITHIN, MONTHS_AHEAD, KEEP_MONTHS),
)


def read_audit(source: Source) -> AuditRules:
    """Return the table `[audit]`; without `tables` nothing is asked for."""
    section, default = source.section(AUDIT, "audit"), AuditRules()
    return AuditRules(
        tables=section.read(TABLES, default.tables),
        exclude=section.read(EXCLUDE, default.exclude),
        mask=section.read(MASK, default.mask),
        tenant=section.read(TENANT, default.tenant),
        actor=section.read(ACTOR_KEY, default.actor),
        request=section.read(REQUEST_KEY, default.request),
        seal_within_s=section.read(SEAL_WITHIN, default.seal_within_s),
        keep_months=section.read(KEEP_MONTHS, 0) or None,
        months_ahead=section.read(MONTHS_AHEAD, default.months_ahead),
    )
