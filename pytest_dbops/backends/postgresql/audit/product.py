"""PostgreSQL behind the port of audit trails; importing it loads no driver."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pytest_dbops.backends.postgresql.audit.functions import functions
from pytest_dbops.backends.postgresql.audit.reading import read_installed, trail_behind
from pytest_dbops.backends.postgresql.audit.tables import LOG, SCHEMA, lacking, making_partition, partition_name
from pytest_dbops.backends.postgresql.audit.triggers import guarding_partition, guarding_triggers, recording_triggers
from pytest_dbops.core.audit.installed import AuditObject, Installed
from pytest_dbops.core.audit.port import AuditProduct, Reader, Trail, Writer
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.audit.state import AuditRehearsal
from pytest_dbops.core.audit.wanted import Wanted
from pytest_dbops.core.session import Limits


class PostgresqlAudit:
    """Audit trails on PostgreSQL 14 and newer; stateless."""

    def expected(self, wanted: Wanted, installed: Installed) -> tuple[AuditObject, ...]:
        """Return functions, triggers that refuse on every partition that there is or will be, triggers that record."""
        present = [each.name for each in installed.partitions]
        made = () if installed.has_log else ("audit_log_default",)
        logs = sorted({*made, *present, *map(partition_name, lacking(installed))})
        recording = [each for table in wanted.tables for each in recording_triggers(table, wanted.rules)]
        return (*functions(), *guarding_triggers(logs), *recording)

    def read_installed(self, reader: Reader, rules: AuditRules) -> Installed:
        """Return everything of the trail but its entries."""
        return read_installed(reader, rules.months_ahead)

    def preparing(self, installed: Installed) -> tuple[str, ...]:
        """Return what makes the schema, the log's tables, and partitions up to the months ahead."""
        schema = () if installed.has_schema else (SCHEMA,)
        log = () if installed.has_log else LOG
        return (*schema, *log, *(sql for month in lacking(installed) for sql in making_partition(month)))

    def making_ahead(self, installed: Installed) -> tuple[str, ...]:
        """Return what makes the partitions up to the months ahead, and guards them."""
        months = lacking(installed)
        guards = [each for month in months for each in guarding_partition(partition_name(month))]
        made = [sql for month in months for sql in making_partition(month)]
        return (*made, *(sql for guard in guards for sql in guard.make))

    def trail(self, reader: Reader) -> Trail:
        """Return the trail behind a session."""
        return trail_behind(reader)

    def silence(self, url: str, *, limits: Limits) -> None:
        """Take the project's triggers out of the way."""
        from pytest_dbops.backends.postgresql.audit.bulk import silence

        silence(url, limits=limits)

    def rehearse(self, url: str, wanted: Wanted, *, limits: Limits) -> AuditRehearsal:
        """Run UPDATE, MERGE (from 15 on), COPY, DELETE and TRUNCATE over all rows of each table."""
        from pytest_dbops.backends.postgresql.audit.bulk import rehearse_bulk

        return rehearse_bulk(url, wanted, limits=limits)

    def open_writer(self, url: str, *, limits: Limits, application: str) -> AbstractContextManager[Writer]:
        """Connect as the role of the URL."""
        from pytest_dbops.backends.postgresql.audit.writing import open_writer

        return open_writer(url, limits=limits, application=application)


AUDIT: AuditProduct = PostgresqlAudit()
