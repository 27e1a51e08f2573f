"""Defects of a revision, one each, and clean revisions that look like them: as data, of one history a product.

Each is a base of its own, `<name>a`, and the revision under judgement, `<name>b`, so that all are walked at once and
none can hide behind another.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One revision: what was there before (`base`), its two functions, and the products it exists for."""

    name: str
    base: str
    upgrade: str
    downgrade: str | None
    products: tuple[str, ...] = ("postgresql", "sqlite")

    @property
    def guilty(self) -> str:
        """The revision under judgement."""
        return f"{self.name}b"


POSTGRESQL = ("postgresql",)
SQLITE = ("sqlite",)


def table(name: str, *columns: str) -> str:
    """Return the statement that makes a table with an id."""
    inside = ", ".join(('sa.Column("id", sa.Integer, primary_key=True)', *columns))
    return f'op.create_table("{name}", {inside})\n'


def sql(*statements: str) -> str:
    """Return operations that run statements as they are."""
    return "\n".join(f"op.execute({statement!r})" for statement in statements) + "\n"


def add(table_name: str, column: str) -> str:
    """Return the operation that adds a text column."""
    return f'op.add_column("{table_name}", sa.Column("{column}", sa.Text))\n'


def drop(table_name: str, column: str) -> str:
    """Return the operation that drops a column."""
    return f'op.drop_column("{table_name}", "{column}")\n'


BATCH_DEFAULT = """
with op.batch_alter_table("t03") as batch:
    batch.alter_column("state", server_default={default!r})
"""
BATCH_NOT_NULL = """
with op.batch_alter_table("t02") as batch:
    batch.alter_column("name", nullable={nullable})
"""
NAME = 'sa.Column("name", sa.Text)'

DEFECTS = (
    Case("d01", table("t01"), table("t01x", NAME), "pass"),
    Case("d02", table("t02", NAME), BATCH_NOT_NULL.format(nullable=False), "pass"),
    Case(
        "d03",
        table("t03", 'sa.Column("state", sa.Text, server_default="new")'),
        BATCH_DEFAULT.format(default="open") + add("t03", "extra"),
        drop("t03", "extra"),
    ),
    Case(
        "d04",
        table("t04", 'sa.Column("amount", sa.Integer)', 'sa.CheckConstraint("amount > 0", name="positive")'),
        'with op.batch_alter_table("t04") as batch:\n    batch.drop_constraint("positive", type_="check")\n'
        + add("t04", "extra"),
        drop("t04", "extra"),
    ),
    Case(
        "d05",
        table("t05", NAME) + sql("CREATE VIEW v05 AS SELECT id FROM t05"),
        sql("DROP VIEW v05", "CREATE VIEW v05 AS SELECT id, name FROM t05") + add("t05", "extra"),
        drop("t05", "extra"),
    ),
    Case(
        "d06",
        sql("CREATE FUNCTION f06() RETURNS integer LANGUAGE sql AS 'SELECT 1'"),
        sql("CREATE OR REPLACE FUNCTION f06() RETURNS integer LANGUAGE sql AS 'SELECT 2'") + table("t06"),
        'op.drop_table("t06")',
        POSTGRESQL,
    ),
    Case(
        "d07",
        table("t07", NAME) + sql("CREATE FUNCTION f07() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"),
        sql("CREATE TRIGGER watch BEFORE INSERT ON t07 FOR EACH ROW EXECUTE FUNCTION f07()") + add("t07", "extra"),
        drop("t07", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d07",
        table("t07", NAME),
        sql("CREATE TRIGGER watch AFTER INSERT ON t07 BEGIN SELECT 1; END") + add("t07", "extra"),
        drop("t07", "extra"),
        SQLITE,
    ),
    Case(
        "d08",
        sql("CREATE TYPE e08 AS ENUM ('sad', 'glad')"),
        "with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE e08 ADD VALUE IF NOT EXISTS 'calm'\")\n"
        + table("t08"),
        'op.drop_table("t08")',
        POSTGRESQL,
    ),
    Case("d09", table("t09"), sql("ALTER TABLE t09 ENABLE ROW LEVEL SECURITY"), "pass", POSTGRESQL),
    Case(
        "d10",
        table("t10", NAME, 'sa.Column("other", sa.Text)') + 'op.create_index("i10", "t10", ["name"])',
        'op.drop_index("i10", "t10")',
        'op.create_index("i10", "t10", ["other"])',
    ),
    Case(
        "d11",
        table("p11")
        + table("t11", 'sa.Column("p", sa.Integer)')
        + sql("ALTER TABLE t11 ADD CONSTRAINT k11 FOREIGN KEY (p) REFERENCES p11 (id) ON DELETE CASCADE"),
        'op.drop_constraint("k11", "t11", type_="foreignkey")',
        'op.create_foreign_key("k11", "t11", "p11", ["p"], ["id"])',
        POSTGRESQL,
    ),
    Case(
        "d11",
        table("p11")
        + table(
            "t11",
            'sa.Column("p", sa.Integer)',
            'sa.ForeignKeyConstraint(["p"], ["p11.id"], name="k11", ondelete="CASCADE")',
        ),
        'with op.batch_alter_table("t11") as batch:\n    batch.drop_constraint("k11", type_="foreignkey")\n',
        'with op.batch_alter_table("t11") as batch:\n    batch.create_foreign_key("k11", "p11", ["p"], ["id"])\n',
        SQLITE,
    ),
    Case(
        "d15",
        table("t15"),
        sql("GRANT SELECT ON t15 TO PUBLIC") + add("t15", "extra"),
        drop("t15", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d16",
        table("t16"),
        sql("COMMENT ON TABLE t16 IS 'new'") + add("t16", "extra"),
        drop("t16", "extra"),
        POSTGRESQL,
    ),
    Case("d19", table("t19"), add("t19", "extra"), 'raise NotImplementedError("the rows are merged for good")'),
    Case(
        "d20",
        table("p20")
        + table("t20", 'sa.Column("p", sa.Integer)')
        + sql("ALTER TABLE t20 ADD CONSTRAINT k20 FOREIGN KEY (p) REFERENCES p20 (id)"),
        'op.drop_constraint("k20", "t20", type_="foreignkey")',
        sql("ALTER TABLE t20 ADD CONSTRAINT k20 FOREIGN KEY (p) REFERENCES p20 (id) NOT VALID"),
        POSTGRESQL,
    ),
    Case(
        "d21",
        table("t21"),
        table("t21x", 'sa.Column("mood", sa.Enum("sad", "glad", name="e21"))'),
        'op.drop_table("t21x")',
        POSTGRESQL,
    ),
    Case("d22", table("t22"), add("t22", "extra"), None),
    Case("d23", table("t23"), add("t23", "extra"), drop("t23", "extar")),
)
"""Numbered as in the public list of such defects; 21: a type left behind; 22: no downgrade; 23: one that fails."""

ROW_DEFECTS = (
    Case(
        "d12",
        table("t12", 'sa.Column("name", sa.Text, server_default="x")', 'sa.Column("last", sa.Text)'),
        drop("t12", "name"),
        'op.add_column("t12", sa.Column("name", sa.Text))',
    ),
    Case("d13", table("t13", 'sa.Column("cents", sa.Integer)'), sql("UPDATE t13 SET cents = 0"), "pass"),
    Case(
        "d14",
        table("t14", 'sa.Column("code", sa.String(10))'),
        sql("ALTER TABLE t14 ALTER code TYPE varchar(3) USING left(code, 3)"),
        sql("ALTER TABLE t14 ALTER code TYPE varchar(10)"),
        POSTGRESQL,
    ),
    Case(
        "d17",
        table("t17"),
        'op.add_column("t17", sa.Column("name", sa.Text, nullable=False))',
        drop("t17", "name"),
        POSTGRESQL,
    ),
    Case(
        "d17",
        table("t17"),
        'with op.batch_alter_table("t17", recreate="always") as batch:\n'
        '    batch.add_column(sa.Column("name", sa.Text, nullable=False))\n',
        'with op.batch_alter_table("t17") as batch:\n    batch.drop_column("name")\n',
        SQLITE,
    ),
    Case(
        "d18",
        table("t18", NAME),
        'op.create_index("i18", "t18", ["name"], unique=True)',
        'op.drop_index("i18", "t18")',
    ),
    Case(
        "d24",
        table("t24", NAME),
        sql("DELETE FROM t24") + add("t24", "extra"),
        'raise NotImplementedError("the rows were not ours to keep")',
    ),
)
"""Of the same list, what only rows show: 12, 13, 14 lose some, 17 and 18 refuse them; 24 is declared irreversible."""

CLEAN = (
    Case("c01", table("k01", NAME), 'op.create_index("j01", "k01", ["name"])', 'op.drop_index("j01", "k01")'),
    Case(
        "c02",
        table("k02", NAME),
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("j02", "k02", ["name"], postgresql_concurrently=True)\n',
        'with op.get_context().autocommit_block():\n    op.drop_index("j02", "k02", postgresql_concurrently=True)\n',
        POSTGRESQL,
    ),
    Case(
        "c03",
        sql("CREATE TYPE g03 AS ENUM ('sad', 'glad')") + table("k03") + sql("ALTER TABLE k03 ADD feeling g03"),
        "with op.get_context().autocommit_block():\n    op.execute(\"ALTER TYPE g03 ADD VALUE 'calm'\")\n",
        sql(
            "ALTER TYPE g03 RENAME TO g03_old",
            "CREATE TYPE g03 AS ENUM ('sad', 'glad')",
            "ALTER TABLE k03 ALTER feeling TYPE g03 USING feeling::text::g03",
            "DROP TYPE g03_old",
        ),
        POSTGRESQL,
    ),
    Case(
        "c04", table("k04"), sql("GRANT SELECT ON k04 TO PUBLIC"), sql("REVOKE SELECT ON k04 FROM PUBLIC"), POSTGRESQL
    ),
    Case(
        "c05",
        table("k05", NAME),
        sql(
            "ALTER TABLE k05 ADD CONSTRAINT named CHECK (name IS NOT NULL) NOT VALID",
            "ALTER TABLE k05 VALIDATE CONSTRAINT named",
            "ALTER TABLE k05 ALTER name SET NOT NULL",
            "ALTER TABLE k05 DROP CONSTRAINT named",
        ),
        sql("ALTER TABLE k05 ALTER name DROP NOT NULL"),
        POSTGRESQL,
    ),
    Case(
        "c06",
        table("k06", NAME) + sql("INSERT INTO k06 (id, name) VALUES (1, 'a')"),
        sql("UPDATE k06 SET name = upper(name)"),
        sql("UPDATE k06 SET name = lower(name)"),
    ),
    Case(
        "c07",
        table("p07")
        + table("k07", 'sa.Column("p", sa.Integer)')
        + sql("ALTER TABLE k07 ADD CONSTRAINT m07 FOREIGN KEY (p) REFERENCES p07 DEFERRABLE INITIALLY DEFERRED"),
        sql("INSERT INTO k07 (id, p) VALUES (1, 1)", "INSERT INTO p07 (id) VALUES (1)") + add("p07", "extra"),
        drop("p07", "extra") + sql("DELETE FROM p07", "DELETE FROM k07"),
        POSTGRESQL,
    ),
    Case(
        "c08",
        table("k08"),
        table("k08x", 'sa.Column("mood", sa.Enum("sad", "glad", name="g08"))'),
        'op.drop_table("k08x")\nsa.Enum(name="g08").drop(op.get_bind())',
        POSTGRESQL,
    ),
    Case(
        "c09",
        table("k09", NAME, 'sa.Column("kept", sa.Text, server_default="x")'),
        'with op.batch_alter_table("k09") as batch:\n    batch.alter_column("name", nullable=False)\n'
        '    batch.create_unique_constraint("u09", ["name"])\n',
        'with op.batch_alter_table("k09") as batch:\n    batch.drop_constraint("u09", type_="unique")\n'
        '    batch.alter_column("name", nullable=True)\n',
    ),
    Case("c10", table("k10"), 'op.rename_table("k10", "k10x")', 'op.rename_table("k10x", "k10")'),
    Case(
        "c11",
        table("k11", NAME) + sql("INSERT INTO k11 (id, name) VALUES (1, 'kept')"),
        'op.drop_table("k11")',
        table("k11", NAME),
    ),
    Case("c12", table("k12"), "op.get_bind().execute(sa.text('SELECT 1'))", "pass"),
    Case(
        "c13",
        table("k13"),
        sql("COMMIT") + add("k13", "extra"),
        drop("k13", "extra"),
        POSTGRESQL,
    ),
    Case(
        "c14",
        sql("CREATE TYPE g14 AS ENUM ('sad')") + table("k14"),
        sql("ALTER TABLE k14 ADD feeling g14", "ALTER TYPE g14 ADD VALUE IF NOT EXISTS 'glad'"),
        sql("ALTER TABLE k14 DROP feeling", "DROP TYPE g14", "CREATE TYPE g14 AS ENUM ('sad')"),
        POSTGRESQL,
    ),
)
"""What naive tools flag: concurrent index, enum value with an exact inverse, validated CHECK, deferred rows, ..."""

ORDER = Case(
    "o01",
    table("q01", NAME, 'sa.Column("other", sa.Text)'),
    drop("q01", "name"),
    add("q01", "name"),
)
"""A column dropped and re-added last: the same columns in another order."""
