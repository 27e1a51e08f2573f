"""How a project tells its tenants apart, as `[tenancy]` declares it."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class TenancyRules:
    """What is declared; empty where nothing is, and the catalog is asked instead.

    column: names the tenant of a row. setting: the session setting that names the tenant at work.
    role: the role that the application logs in as.
    columns: (table, column) where a table names its tenant in another column.
    shared: tables whose rows without a tenant belong to all of them.
    exempt: (table, reason) of tables that have the column and are not a tenant's.
    Tables are named as findings name them: without their schema where that is the default one.
    """

    column: str = ""
    setting: str = ""
    role: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    shared: tuple[str, ...] = ()
    exempt: tuple[tuple[str, str], ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether the project says which column it is."""
        return bool(self.column)
