"""The tables of the trail: the log in monthly partitions, batches, seals, and where the trail ends."""

from __future__ import annotations

from pytest_dbops.core.audit.installed import Installed
from pytest_dbops.core.audit.months import month_beside

SCHEMA = "CREATE SCHEMA dbops"
DEFAULT = "audit_log_default"
LOG = (
    "CREATE SEQUENCE dbops.audit_entry_id AS bigint",
    """\
CREATE TABLE dbops.audit_log (
    id bigint NOT NULL DEFAULT nextval('dbops.audit_entry_id'),
    tenant text NOT NULL,
    at timestamptz NOT NULL,
    transaction_id bigint NOT NULL,
    actor text,
    request text,
    role text NOT NULL,
    table_schema text NOT NULL,
    table_name text NOT NULL,
    operation text NOT NULL,
    row_key text,
    changed text,
    salt bytea DEFAULT uuid_send(gen_random_uuid()),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at)""",
    "CREATE INDEX audit_log_records ON dbops.audit_log (id) WHERE operation IN ('ERASE', 'EXPIRE')",
    "CREATE TABLE dbops.audit_log_default PARTITION OF dbops.audit_log DEFAULT",
    """\
CREATE TABLE dbops.audit_batch (
    number bigint PRIMARY KEY,
    after_id bigint NOT NULL,
    up_to_id bigint NOT NULL,
    sealed_at text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
)""",
    """\
CREATE TABLE dbops.audit_seal (
    tenant text NOT NULL,
    number bigint NOT NULL,
    batch bigint NOT NULL,
    entries bytea NOT NULL,
    commitments bytea NOT NULL,
    hashes bytea NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant, number)
)""",
    "CREATE INDEX audit_seal_batch ON dbops.audit_seal (batch)",
    """\
CREATE TABLE dbops.audit_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    batches bigint NOT NULL,
    up_to_id bigint NOT NULL,
    hash bytea NOT NULL,
    noted_xid bigint NOT NULL DEFAULT 0,
    noted_id bigint NOT NULL DEFAULT 0
)""",
    "INSERT INTO dbops.audit_state (batches, up_to_id, hash) VALUES (0, 0, decode(repeat('00', 32), 'hex'))",
)
"""Everything but the partitions by month."""


def partition_name(month: str) -> str:
    """Return the name of the partition of a month `2026-11`."""
    return f"audit_log_{month.replace('-', '_')}"


def month_of(name: str) -> str:
    """Return the month of a partition by its name, empty for the default one."""
    found = name.removeprefix("audit_log_").replace("_", "-")
    return found if found[:4].isdecimal() else ""


def lacking(installed: Installed) -> tuple[str, ...]:
    """Return the months without a partition; rows of one that went to the default partition keep it from being made."""
    names = {each.name for each in installed.partitions}
    held = {month for each in installed.partitions for month in each.holds}
    return tuple(month for month in installed.months if partition_name(month) not in names and month not in held)


def making_partition(month: str) -> tuple[str, ...]:
    """Return the statements that make a partition; writers are not made to wait.

    A table is made and then attached, because CREATE TABLE ... PARTITION OF would lock the log.
    """
    name = partition_name(month)
    start, end = (f"'{each}-01 00:00:00+00'" for each in (month, month_beside(month, 1)))
    return (
        f"CREATE TABLE dbops.{name} (LIKE dbops.audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"ALTER TABLE dbops.audit_log ATTACH PARTITION dbops.{name} FOR VALUES FROM ({start}) TO ({end})",
    )
