"""The tables `[tenancy]`, `[tenancy.columns]` and `[tenancy.exempt]`: how tenants share one database."""

from __future__ import annotations

import re

from pytest_dbops.config.shapes import Shape, Unfit, text, words
from pytest_dbops.config.table import Key, Source, Table
from pytest_dbops.core.tenancy.rules import TenancyRules

_SETTING = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)+")


def _setting() -> Shape[str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or not _SETTING.fullmatch(value):
            raise Unfit("the name of a setting with a prefix is needed, as in 'app.org_id'")
        return value

    return Shape("`prefix.name`", parse)


COLUMN = Key(
    "column", text(), "the column that names the tenant of a row; every table that has it is a tenant's",
    "the one that policies compare with a setting, else a usual name such as `tenant_id`", 'column = "org_id"',
)  # fmt: skip
SETTING = Key(
    "setting", _setting(), "the session setting by which the application names the tenant at work",
    "the one that policies read", 'setting = "app.org_id"',
)  # fmt: skip
ROLE = Key(
    "role", text(), "the role that the application logs in as, which is judged and played on scratch",
    "a plain role that may read and write all tenant tables", 'role = "accounting_app"',
)  # fmt: skip
SHARED = Key(
    "shared", words("list of tables"), "tables whose rows without a tenant belong to all tenants",
    "none", 'shared = ["encryption_key"]',
)  # fmt: skip
TENANCY = Table(
    "tenancy",
    "How tenants share one database. Tables are named as findings name them: `invoice`, or `billing.invoice` outside"
    " of the default schema.",
    (COLUMN, SETTING, ROLE, SHARED),
    tables=("columns", "exempt"),
)
COLUMNS = Table(
    "tenancy.columns",
    'Tables that name their tenant in another column: `encryption_key = "owner_org_id"`.',
    (),
    is_open=True,
)
EXEMPT = Table(
    "tenancy.exempt",
    "Tables that have the column and are not a tenant's, each with the reason:"
    ' `signup = "written before there is a tenant"`.',
    (),
    is_open=True,
)


def read_tenancy(source: Source) -> TenancyRules:
    """Return the table `[tenancy]`; raises ConfigError where a table is declared both to be and not to be one."""
    section = source.section(TENANCY, "tenancy")
    rules = TenancyRules(
        column=section.read(COLUMN, ""),
        setting=section.read(SETTING, ""),
        role=section.read(ROLE, ""),
        shared=section.read(SHARED, ()),
        columns=_named_texts(source, COLUMNS),
        exempt=_named_texts(source, EXEMPT),
    )
    for name, _ in rules.exempt:
        if name in rules.shared or name in dict(rules.columns):
            where = "shared" if name in rules.shared else "columns"
            raise source.document.error(
                ("tenancy", "exempt", name), f"[tenancy.exempt] {name!r} is in [tenancy] {where} too (leave one out)"
            )
    if not rules.column and (rules.exempt or rules.columns or rules.shared):
        raise section.error("", "[tenancy] names tables, but not the column (add: " + COLUMN.example + ")")
    return rules


def _named_texts(source: Source, table: Table) -> tuple[tuple[str, str], ...]:
    section = source.section(table, *table.name.split("."))
    return tuple((name, section.read(Key(name, text(), "", "", ""), "")) for name in section.rest())
