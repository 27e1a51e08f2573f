"""Which tables are a tenant's: those with the declared column, else with the one that policies or names give away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pytest_dbops.core.catalog import Catalog, Persistence, Policy, Table, TableKind
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy.expressions import names_in
from pytest_dbops.core.tenancy.rules import TenancyRules

USUAL_NAMES = ("tenant_id", "org_id", "organization_id", "organisation_id", "workspace_id", "company_id")
"""Names of tenant columns, the likelier first, for a schema without a policy that tells."""

_FEWEST_TABLES = 2
_SETTING = re.compile(r"current_setting\('([^']+)'")


@frozen
class TenantTable:
    """A table of which each row is one tenant's; of a shared one, a row without a tenant is everybody's."""

    table: Table
    column: str
    is_shared: bool = False


@frozen
class TenantScope:
    """The tenant tables of a schema, in its order.

    setting: the session setting that names the tenant; empty where nothing tells.
    is_guessed: whether only the name of a column speaks for it, so that nobody may mean it so.
    """

    column: str
    setting: str
    tables: tuple[TenantTable, ...]
    is_guessed: bool = False

    def of(self, schema: str, name: str) -> TenantTable | None:
        """Return the tenant table of that name; None where it is no tenant's."""
        return self._by_name().get((schema, name))

    def _by_name(self) -> dict[tuple[str, str], TenantTable]:
        return {(each.table.schema, each.table.name): each for each in self.tables}


def tenant_scope(catalog: Catalog, rules: TenancyRules) -> TenantScope:
    """Return the tenant tables of a schema; none where nothing speaks for there being tenants."""
    told = _told_by_policies(catalog)
    column = rules.column or told or _usual_name(catalog)
    elsewhere, exempt = dict(rules.columns), dict(rules.exempt)
    tables = tuple(
        TenantTable(table, named, table.display in rules.shared)
        for table in _storing(catalog.tables)
        if (named := elsewhere.get(table.display, column))
        and table.display not in exempt
        and not table.is_version_table
        and table.has_column(named)
    )
    setting = rules.setting or _setting_of(policy for each in tables for policy in each.table.policies)
    return TenantScope(column, setting, tables, is_guessed=not rules.column and not told)


def _storing(tables: Iterable[Table]) -> Iterable[Table]:
    kinds = (TableKind.PLAIN, TableKind.PARTITIONED)
    return (each for each in tables if each.kind in kinds and each.persistence is not Persistence.TEMPORARY)


def _told_by_policies(catalog: Catalog) -> str:
    """Return the column that most tables compare with a setting of the session in their policies."""
    counted: Counter[str] = Counter()
    for table in catalog.tables:
        texts = [text for policy in table.policies for text in (policy.using, policy.with_check) if text]
        names = {name for text in texts if _SETTING.search(text) for name in names_in(text)}
        counted.update(column.name for column in table.columns if column.name in names)
    return max(sorted(counted), key=lambda name: counted[name], default="")


def _usual_name(catalog: Catalog) -> str:
    tables = [table for table in _storing(catalog.tables) if not table.is_partition]
    for name in USUAL_NAMES:
        if sum(table.has_column(name) for table in tables) >= _FEWEST_TABLES:
            return name
    return ""


def _setting_of(policies: Iterable[Policy]) -> str:
    texts = (text for policy in policies for text in (policy.using, policy.with_check) if text)
    counted = Counter(found for text in texts for found in _SETTING.findall(text))
    return max(sorted(counted), key=lambda name: counted[name], default="")
