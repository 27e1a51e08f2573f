"""The difference of two catalogs: what it says, how it reads, what it calls mild."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.core.catalog import (
    MEANING,
    Catalog,
    Change,
    CheckConstraint,
    Column,
    Database,
    Difference,
    Facet,
    ForeignKey,
    Grant,
    Index,
    IndexKey,
    KeyConstraint,
    Privileges,
    Routine,
    Table,
    canonical_text,
    diff,
    fingerprint_of,
)

INVOICE = Table(
    "public",
    "invoice",
    (
        Column("id", 1, "bigint", not_null=True, identity="always"),
        Column("total", 2, "numeric(10,2)", default="0"),
        Column("note", 3, "text"),
    ),
    KeyConstraint("invoice_pkey", ("id",)),
    foreign_keys=(ForeignKey("invoice_self_fk", ("id",), "public", "invoice", ("id",)),),
    check_constraints=(CheckConstraint("invoice_total_check", "(total >= 0)", ("total",)),),
    indexes=(
        Index("public", "invoice_pkey", (IndexKey("id"),), is_unique=True, is_primary=True, constraint="invoice_pkey"),
        Index("public", "invoice_note_idx", (IndexKey("note"),)),
    ),
    owner="app",
)
BEFORE = Catalog("postgresql", 150000, tables=(INVOICE,))


def with_table(**changes: object) -> Catalog:
    return replace(BEFORE, tables=(replace(INVOICE, **changes),))  # type: ignore[arg-type]  # names are the fields'


def test_same_catalog_has_no_difference() -> None:
    difference = diff(BEFORE, replace(BEFORE))
    assert difference.is_empty
    assert difference.summary == "no differences"
    assert difference.render() == "no differences\n"


def test_difference_reads_like_a_note_to_a_colleague() -> None:
    after = Catalog(
        "postgresql",
        150000,
        tables=(
            replace(
                INVOICE,
                columns=(
                    Column("id", 1, "bigint", not_null=True, identity="always"),
                    Column("total", 2, "numeric(12,2)", not_null=True, default="0"),
                    Column("due_on", 3, "date"),
                ),
                foreign_keys=(),
                indexes=(INVOICE.indexes[0],),
                privileges=Privileges((Grant("reader", "SELECT"),), is_default=False),
                comment="what we bill",
            ),
            Table("public", "payment", (Column("id", 1, "bigint"),)),
        ),
    )
    assert diff(BEFORE, after).render().splitlines() == [
        "2 objects differ: 1 added, 1 changed",
        "~ table invoice",
        "    ~ comment (none) -> what we bill",
        "    + column due_on: type date",
        "    - column note: type text",
        "    ~ column total: type numeric(10,2) -> numeric(12,2)",
        "    ~ column total: now not null",
        "    - foreign key invoice_self_fk: columns (id), references invoice (id)",
        "    - index invoice_note_idx: on (note)",
        "    + grant to reader: SELECT",
        "+ table payment: 1 column",
    ]


def test_long_text_shows_its_changed_lines_only() -> None:
    old = Routine("public", "f", "", source="BEGIN\n  a := 1;\n  RETURN a;\nEND")
    new = replace(old, source="BEGIN\n  a := 2;\n  RETURN a;\nEND")
    difference = diff(replace(BEFORE, routines=(old,)), replace(BEFORE, routines=(new,)))
    assert difference.render().splitlines()[1:] == [
        "~ function f()",
        "    ~ source",
        "        ...",
        "         BEGIN",
        "        -  a := 1;",
        "        +  a := 2;",
        "           RETURN a;",
    ]


def test_difference_is_data_too() -> None:
    (item,) = diff(BEFORE, with_table(owner="other")).differences
    assert item == Difference("table invoice", "", "owner", Change.CHANGED, "app", "other", Facet.OWNER)
    assert diff(BEFORE, with_table(owner="other")).as_data() == [
        {
            "subject": "table invoice",
            "part": "",
            "attribute": "owner",
            "change": "changed",
            "old": "app",
            "new": "other",
            "facet": "owner",
        }
    ]


def test_differences_can_be_chosen_by_facet() -> None:
    difference = diff(BEFORE, with_table(owner="other", comment="x"))
    assert [item.facet for item in difference.only({Facet.OWNER}).differences] == [Facet.OWNER]
    assert [item.facet for item in difference.without({Facet.OWNER}).differences] == [Facet.COMMENT]


def test_column_order_is_mild() -> None:
    columns = (INVOICE.columns[0], replace(INVOICE.columns[2], position=2), replace(INVOICE.columns[1], position=3))
    difference = diff(BEFORE, with_table(columns=columns))
    assert [item.facet for item in difference.differences] == [Facet.ORDER]
    assert difference.same_meaning
    assert not difference.is_empty


def test_column_added_in_the_middle_is_no_matter_of_order() -> None:
    columns = (INVOICE.columns[0], Column("new", 2, "text"), *INVOICE.columns[1:])
    assert [item.part for item in diff(BEFORE, with_table(columns=columns)).differences] == ["column new"]


def test_locale_of_the_database_is_context() -> None:
    after = replace(BEFORE, database=Database(collate="C"))
    assert diff(BEFORE, after).same_meaning
    assert after.fingerprint == BEFORE.fingerprint
    assert fingerprint_of(after, MEANING | {Facet.DATABASE}) != fingerprint_of(BEFORE, MEANING | {Facet.DATABASE})


def test_fingerprint_of_some_facets_overlooks_the_others() -> None:
    after = with_table(owner="other", privileges=Privileges((Grant("reader", "SELECT"),), is_default=False))
    facets = MEANING - {Facet.OWNER, Facet.PRIVILEGE}
    assert after.fingerprint != BEFORE.fingerprint
    assert fingerprint_of(after, facets) == fingerprint_of(BEFORE, facets)


def test_statistics_are_no_part_of_equality() -> None:
    after = with_table(estimated_rows=1e6, pages=500)
    assert after == BEFORE
    assert after.fingerprint == BEFORE.fingerprint
    assert after.table("public", "invoice").estimated_rows == 1e6


def test_rendering_is_bounded() -> None:
    tables = tuple(Table("public", f"t{n}", ()) for n in range(500))
    lines = diff(BEFORE, replace(BEFORE, tables=(INVOICE, *tables))).render(limit=10).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "... and 490 more lines"


def test_canonical_text_has_a_block_for_each_object() -> None:
    assert canonical_text(BEFORE).split("\n\n")[1] == (
        "table invoice\n"
        "  column order: id, total, note\n"
        "  owner: app\n"
        "  column id: type bigint, not null, identity always\n"
        "  column note: type text\n"
        "  column total: type numeric(10,2), default 0\n"
        "  primary key: columns (id), name invoice_pkey\n"
        "  foreign key invoice_self_fk: columns (id), references invoice (id)\n"
        "  check invoice_total_check: expression (total >= 0)\n"
        "  index invoice_note_idx: on (note)\n"
    )


def test_order_of_the_collections_does_not_change_the_fingerprint() -> None:
    other = Table("public", "other", ())
    one, two = replace(BEFORE, tables=(INVOICE, other)), replace(BEFORE, tables=(other, INVOICE))
    assert one.fingerprint == two.fingerprint


@pytest.mark.parametrize(
    ("schema", "name", "display", "quoted"),
    [
        ("public", "invoice", "invoice", "invoice"),
        ("main", "Invoice", "Invoice", '"Invoice"'),
        ("app", "user", "app.user", 'app."user"'),
        ("public", 'a"b', 'a"b', '"a""b"'),
    ],
)
def test_names_for_people_and_for_sql(schema: str, name: str, display: str, quoted: str) -> None:
    table = Table(schema, name, ())
    assert (table.display, table.quoted) == (display, quoted)


def test_names_that_would_collide_are_told_apart() -> None:
    one = replace(BEFORE, tables=(Table("a.b", "c", ()),))
    two = replace(BEFORE, tables=(Table("a", "b.c", ()),))
    assert one.fingerprint != two.fingerprint
    assert diff(one, two).summary == "2 objects differ: 1 added, 1 removed"
