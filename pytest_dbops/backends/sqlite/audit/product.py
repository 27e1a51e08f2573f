"""SQLite behind the port of audit trails."""

from __future__ import annotations

from contextlib import AbstractContextManager

from pytest_dbops.backends.sqlite.audit.reading import read_installed, trail_behind
from pytest_dbops.backends.sqlite.audit.tables import LOG, guarding_triggers
from pytest_dbops.backends.sqlite.audit.triggers import recording_triggers
from pytest_dbops.core.audit.installed import AuditObject, Installed
from pytest_dbops.core.audit.port import AuditProduct, Reader, Trail, Writer
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.audit.state import AuditRehearsal
from pytest_dbops.core.audit.wanted import Wanted
from pytest_dbops.core.session import Limits


class SqliteAudit:
    """Audit trails on SQLite 3.38 and newer; stateless."""

    def expected(self, wanted: Wanted, installed: Installed) -> tuple[AuditObject, ...]:
        """Return the triggers that refuse and those that record."""
        return (*guarding_triggers(), *(each for table in wanted.tables for each in recording_triggers(table)))

    def read_installed(self, reader: Reader, rules: AuditRules) -> Installed:
        """Return everything of the trail but its entries."""
        return read_installed(reader)

    def preparing(self, installed: Installed) -> tuple[str, ...]:
        """Return what makes the tables of the trail."""
        return () if installed.has_log else LOG

    def making_ahead(self, installed: Installed) -> tuple[str, ...]:
        """Return nothing: a file has no partitions."""
        return ()

    def trail(self, reader: Reader) -> Trail:
        """Return the trail behind a session."""
        return trail_behind(reader)

    def silence(self, url: str, *, limits: Limits) -> None:
        """Take the project's triggers out of the way."""
        from pytest_dbops.backends.sqlite.audit.bulk import silence

        silence(url)

    def rehearse(self, url: str, wanted: Wanted, *, limits: Limits) -> AuditRehearsal:
        """Run UPDATE, DELETE and INSERT ... SELECT over all rows of each table."""
        from pytest_dbops.backends.sqlite.audit.bulk import rehearse_bulk

        return rehearse_bulk(url, wanted)

    def open_writer(self, url: str, *, limits: Limits, application: str) -> AbstractContextManager[Writer]:
        """Open the file for writing; one that is not there is not made."""
        from pytest_dbops.backends.sqlite.audit.writing import open_writer

        return open_writer(url, limits=limits)


AUDIT: AuditProduct = SqliteAudit()
