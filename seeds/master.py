"""Master data: customers, what is sold to them, and the work done for them."""

from __future__ import annotations

from pytest_dbops import SeedContext, seeder
from seeds import cleaning, documents, market, people
from seeds.tenant import act_for, fill, finish, rates_of


@seeder(
    "customers",
    tables=("customer", "customer_address"),
    depends_on=("organizations",),
    version=2,
    scope="organization",
    clean=cleaning.remover(("customer", "customer_address")),
)
def customers(context: SeedContext) -> None:
    """Five customers that stand for an edge each, one of them erased, and others drawn from pools."""
    acting = act_for(context)
    fill(context, people.customer_rows(acting, context.as_of, documents.last_leap_day(context.as_of)))
    market.load_customers(context, acting)
    market.load_addresses(context, acting)
    context.note("customers", range(1, max(context.scale.customers, people.ERASED) + 1))
    finish(context)


@seeder(
    "products",
    tables=("product",),
    depends_on=("organizations",),
    scope="organization",
    clean=cleaning.remover(("product",)),
)
def products(context: SeedContext) -> None:
    """Three things that are sold, and others."""
    acting = act_for(context)
    today = {rate.kind: rate.id for rate in rates_of(context, acting) if rate.valid_to is None}
    context.insert("product", people.product_rows(acting, context.as_of, today))
    market.load_products(context, acting, today)
    finish(context)


@seeder(
    "projects",
    tables=("project",),
    depends_on=("customers",),
    scope="organization",
    clean=cleaning.remover(("project",)),
)
def projects(context: SeedContext) -> None:
    """Two projects, of which one is completed since, and others."""
    acting = act_for(context)
    context.insert("project", people.project_rows(acting, context.as_of))
    project = context.metadata.tables["project"]
    context.connection.execute(
        project.update()
        .where(project.c.org_id == acting.number, project.c.id == 2)
        .values(status="completed", row_version=project.c.row_version + 1)
    )
    market.load_projects(context, acting)
    context.note("projects", [1, 2, *(number for number, _ in market.projects(context))])
    finish(context)


@seeder(
    "time_entries",
    tables=("time_entry",),
    depends_on=("projects", "invoices"),
    scope="organization",
    clean=cleaning.remover(("time_entry",)),
)
def time_entries(context: SeedContext) -> None:
    """Hours worked: some billed by a line of an invoice, some not yet."""
    acting = act_for(context)
    context.insert("time_entry", people.time_entry_rows(acting, context.as_of, billing_invoice=10))
    market.load_hours(context, acting, (acting.user(people.ADMIN), acting.user(people.BOOKKEEPER)))
    finish(context)
