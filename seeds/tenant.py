"""Act for one organization: what row-level security and the audit trail ask of whoever writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, text

from accounting.audit import seal
from pytest_dbops import SeedContext
from seeds.billing import Rate
from seeds.firms import Firm, firm
from seeds.people import ADMIN, Row
from seeds.private import with_private


def act_for(context: SeedContext) -> Firm:
    """Name the organization, which row-level security asks of the owner too, and the acting user."""
    acting = firm(context.organization)
    if context.dialect == "postgresql":
        naming = text("SELECT set_config('app.org_id', :org_id, true), set_config('dbops.actor', :actor, true)")
        context.connection.execute(naming, {"org_id": str(acting.number), "actor": str(acting.user(ADMIN))})
    return acting


def fill(context: SeedContext, rows: Mapping[str, Sequence[Row]]) -> None:
    """Insert rows by table, in that order."""
    for table, each in rows.items():
        context.insert(table, with_private(context, table, each))


def finish(context: SeedContext) -> None:
    """Seal what the audit log has got."""
    seal(context.connection)


def rates_of(context: SeedContext, acting: Firm) -> list[Rate]:
    """Return the tax rates of an organization's country."""
    table = context.metadata.tables["tax_rate"]
    rows = context.connection.execute(select(table).where(table.c.country_code == acting.country).order_by(table.c.id))
    return [Rate(row.id, row.kind, int(row.rate.scaleb(2)), row.valid_from, row.valid_to) for row in rows]
