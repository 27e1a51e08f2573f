"""More defects than the public list has, one a revision, and more clean revisions that look like them.

What they leave behind are attributes that a comparison of tables and columns never sees; what they do to rows is
what a migration of data usually gets wrong.
"""

from __future__ import annotations

from tests.migrations.defects import NAME, POSTGRESQL, SQLITE, Case, add, drop, sql, table

PARENT = table("p39") + table("t39", 'sa.Column("p", sa.Integer)')
KEY = "ALTER TABLE t39 ADD CONSTRAINT k39 FOREIGN KEY (p) REFERENCES p39 (id)"
UNIQUE = "sa.UniqueConstraint({column!r}, name={name!r})"
REBUILT = 'with op.batch_alter_table({table!r}, recreate="always") as batch:\n    batch.{change}\n'
ADDED = 'add_column(sa.Column("extra", sa.Text))'

DEFECTS = (
    Case(
        "d25",
        table("t25", NAME) + sql("CREATE INDEX i25 ON t25 (name)"),
        sql("DROP INDEX i25", "CREATE UNIQUE INDEX i25 ON t25 (name) WHERE id < 0"),
        sql("DROP INDEX i25", "CREATE INDEX i25 ON t25 (name) WHERE id < 0"),
    ),
    Case(
        "d26",
        table("t26", NAME) + sql("CREATE INDEX i26 ON t26 (name) WHERE name IS NOT NULL"),
        sql("DROP INDEX i26"),
        sql("CREATE INDEX i26 ON t26 (name)"),
    ),
    Case(
        "d27",
        table("t27", NAME),
        sql("CREATE INDEX i27 ON t27 (name)"),
        sql("DROP INDEX IF EXISTS i_27"),
    ),
    Case(
        "d28",
        table("t28", NAME) + sql("CREATE INDEX i28 ON t28 (name)"),
        'op.drop_table("t28")',
        table("t28", NAME),
    ),
    Case(
        "d29",
        table("t29", NAME, UNIQUE.format(column="name", name="u29")),
        'with op.batch_alter_table("t29") as batch:\n    batch.drop_constraint("u29", type_="unique")\n',
        'with op.batch_alter_table("t29") as batch:\n    batch.create_unique_constraint("v29", ["name"])\n',
    ),
    Case(
        "d30",
        table("t30", NAME),
        'op.alter_column("t30", "name", new_column_name="title")',
        'op.alter_column("t30", "title", new_column_name="names")',
    ),
    Case(
        "d31",
        table("t31", NAME)
        + sql("ALTER TABLE t31 ENABLE ROW LEVEL SECURITY", "CREATE POLICY w31 ON t31 USING (id > 0)"),
        sql("ALTER POLICY w31 ON t31 USING (true)") + add("t31", "extra"),
        drop("t31", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d32",
        table("t32", NAME) + sql("ALTER TABLE t32 ENABLE ROW LEVEL SECURITY"),
        sql("ALTER TABLE t32 FORCE ROW LEVEL SECURITY") + add("t32", "extra"),
        drop("t32", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d33",
        table("t33", NAME)
        + sql(
            "CREATE FUNCTION f33() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER watch BEFORE INSERT ON t33 FOR EACH ROW EXECUTE FUNCTION f33()",
        ),
        sql("ALTER TABLE t33 DISABLE TRIGGER watch") + add("t33", "extra"),
        drop("t33", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d34",
        sql("CREATE FUNCTION f34() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 1'"),
        sql("ALTER FUNCTION f34() SECURITY DEFINER"),
        sql("ALTER FUNCTION f34() VOLATILE"),
        POSTGRESQL,
    ),
    Case(
        "d35",
        table("t35", NAME) + sql("CREATE MATERIALIZED VIEW m35 AS SELECT id FROM t35"),
        sql("DROP MATERIALIZED VIEW m35", "CREATE MATERIALIZED VIEW m35 AS SELECT id FROM t35 WHERE id > 0"),
        sql("DROP MATERIALIZED VIEW m35", "CREATE MATERIALIZED VIEW m35 AS SELECT id FROM t35 WHERE id > 1"),
        POSTGRESQL,
    ),
    Case(
        "d36",
        sql("CREATE SEQUENCE s36"),
        sql("ALTER SEQUENCE s36 INCREMENT 10") + table("t36"),
        'op.drop_table("t36")',
        POSTGRESQL,
    ),
    Case(
        "d37",
        table("t37", NAME),
        sql('ALTER TABLE t37 ALTER name TYPE text COLLATE "C"'),
        sql("ALTER TABLE t37 ALTER name SET STORAGE EXTENDED"),
        POSTGRESQL,
    ),
    Case(
        "d38",
        table("t38", NAME),
        sql("ALTER TABLE t38 SET (fillfactor = 70)") + add("t38", "extra"),
        drop("t38", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d39",
        PARENT + sql(KEY + " DEFERRABLE INITIALLY DEFERRED"),
        'op.drop_constraint("k39", "t39", type_="foreignkey")',
        sql(KEY + " DEFERRABLE"),
        POSTGRESQL,
    ),
    Case(
        "d40",
        sql("CREATE DOMAIN h40 AS text") + table("t40"),
        sql("ALTER DOMAIN h40 ADD CONSTRAINT filled CHECK (VALUE <> '')") + add("t40", "extra"),
        drop("t40", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d41",
        sql("CREATE TYPE y41 AS (a integer)") + table("t41"),
        sql("ALTER TYPE y41 ADD ATTRIBUTE b text") + add("t41", "extra"),
        drop("t41", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d42",
        sql("CREATE TABLE t42 (id integer NOT NULL, day date NOT NULL) PARTITION BY RANGE (day)"),
        sql("CREATE TABLE t42y PARTITION OF t42 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        sql("ALTER TABLE t42 DETACH PARTITION t42y"),
        POSTGRESQL,
    ),
    Case(
        "d43",
        table("t43", NAME),
        sql("GRANT SELECT (name) ON t43 TO PUBLIC") + add("t43", "extra"),
        sql("REVOKE SELECT (id) ON t43 FROM PUBLIC") + drop("t43", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d44",
        table("t44", NAME),
        sql("ALTER TABLE t44 REPLICA IDENTITY FULL") + add("t44", "extra"),
        drop("t44", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d45",
        sql("CREATE TYPE e45 AS ENUM ('sad', 'glad')") + table("t45"),
        sql("ALTER TYPE e45 RENAME VALUE 'glad' TO 'happy'") + add("t45", "extra"),
        drop("t45", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d46",
        sql("CREATE TABLE t46 (id integer PRIMARY KEY, net integer, vat integer GENERATED ALWAYS AS (net * 2) STORED)"),
        sql("ALTER TABLE t46 DROP vat"),
        sql("ALTER TABLE t46 ADD vat integer GENERATED ALWAYS AS (net * 3) STORED"),
        POSTGRESQL,
    ),
    Case("d47", sql("CREATE TABLE t47 (name text)"), sql("ALTER TABLE t47 SET UNLOGGED"), "pass", POSTGRESQL),
    Case(
        "d48",
        table("t48", NAME),
        sql("CREATE RULE r48 AS ON DELETE TO t48 DO INSTEAD NOTHING") + add("t48", "extra"),
        drop("t48", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d49",
        table("t49", NAME),
        sql("CREATE STATISTICS x49 ON id, name FROM t49") + add("t49", "extra"),
        drop("t49", "extra"),
        POSTGRESQL,
    ),
    Case(
        "d50",
        table("t50", NAME) + sql("CREATE TRIGGER watch AFTER DELETE ON t50 BEGIN SELECT 1; END"),
        REBUILT.format(table="t50", change=ADDED),
        REBUILT.format(table="t50", change='drop_column("extra")'),
        SQLITE,
    ),
    Case(
        "d51",
        sql("CREATE TABLE t51 (id integer PRIMARY KEY AUTOINCREMENT, name text COLLATE NOCASE) STRICT"),
        REBUILT.format(table="t51", change=ADDED),
        REBUILT.format(table="t51", change='drop_column("extra")'),
        SQLITE,
    ),
    Case(
        "d52",
        sql("CREATE TABLE t52 (id text PRIMARY KEY, amount integer CHECK (amount > 0)) WITHOUT ROWID"),
        REBUILT.format(table="t52", change=ADDED),
        REBUILT.format(table="t52", change='drop_column("extra")'),
        SQLITE,
    ),
    Case(
        "d53",
        table("t53", NAME) + sql("CREATE VIEW v53 AS SELECT id FROM t53"),
        sql("CREATE TRIGGER write INSTEAD OF INSERT ON v53 BEGIN INSERT INTO t53 (id) VALUES (new.id); END"),
        sql("DROP VIEW v53", "CREATE VIEW v53 AS SELECT id, name FROM t53"),
        SQLITE,
    ),
)
"""What is left: a predicate, an index behind IF EXISTS or behind its table, a name, a policy, a flag, ..."""

ROW_DEFECTS = (
    Case(
        "d60",
        table("t60", 'sa.Column("price", sa.Numeric(10, 4))'),
        sql("ALTER TABLE t60 ALTER price TYPE numeric(10,2)"),
        sql("ALTER TABLE t60 ALTER price TYPE numeric(10,4)"),
        POSTGRESQL,
    ),
    Case("d61", table("t61", 'sa.Column("email", sa.Text)'), sql("UPDATE t61 SET email = lower(email)"), "pass"),
    Case(
        "d62",
        table("t62", NAME),
        table("t62x", NAME) + sql("INSERT INTO t62x SELECT id, name FROM t62", "DELETE FROM t62"),
        'op.drop_table("t62x")',
    ),
    Case(
        "d63",
        table("t63", 'sa.Column("due", sa.DateTime(timezone=True))'),
        sql("ALTER TABLE t63 ALTER due TYPE date"),
        sql("ALTER TABLE t63 ALTER due TYPE timestamptz"),
        POSTGRESQL,
    ),
    Case(
        "d64",
        table("t64", NAME, 'sa.Column("last", sa.Text)'),
        add("t64", "title") + sql("UPDATE t64 SET title = name || ' ' || last") + drop("t64", "name"),
        add("t64", "name") + sql('UPDATE t64 SET name = "title"') + drop("t64", "title"),
    ),
    Case(
        "d65",
        table("t65", NAME),
        sql("UPDATE t65 SET name = '' WHERE name IS NULL"),
        sql("UPDATE t65 SET name = NULL WHERE name = ''"),
    ),
    Case(
        "d66",
        table("t66", 'sa.Column("code", sa.Text)'),
        sql("ALTER TABLE t66 ALTER code TYPE integer USING code::integer"),
        sql("ALTER TABLE t66 ALTER code TYPE text USING code::text"),
        POSTGRESQL,
    ),
    Case(
        "d67",
        table("t67", NAME),
        sql("ALTER TABLE t67 ADD CONSTRAINT long CHECK (length(name) > 3)"),
        sql("ALTER TABLE t67 DROP CONSTRAINT long"),
        POSTGRESQL,
    ),
    Case(
        "d68",
        table("p68") + table("t68", 'sa.Column("p", sa.Integer)'),
        'op.create_foreign_key("k68", "t68", "p68", ["p"], ["id"])',
        'op.drop_constraint("k68", "t68", type_="foreignkey")',
        POSTGRESQL,
    ),
)
"""Digits rounded, capitals lost, rows that leave with a table, a time of day, a merge of two columns, NULL and ''."""

CLEAN = (
    Case(
        "c15",
        table("k15", NAME),
        'op.add_column("k15", sa.Column("state", sa.Text, nullable=False, server_default=\'new\'))',
        drop("k15", "state"),
    ),
    Case(
        "c16",
        table("k16", 'sa.Column("balance", sa.SmallInteger)'),
        "op.add_column('k16', sa.Column('debt', sa.Integer))\n"
        + sql("UPDATE k16 SET debt = 0 - balance")
        + drop("k16", "balance"),
        "op.add_column('k16', sa.Column('balance', sa.SmallInteger))\n"
        + sql("UPDATE k16 SET balance = 0 - debt")
        + drop("k16", "debt"),
    ),
    Case(
        "c17",
        table("k17", NAME) + sql("CREATE TRIGGER guard AFTER DELETE ON k17 BEGIN SELECT 1; END"),
        sql("DROP TRIGGER guard")
        + REBUILT.format(table="k17", change=ADDED)
        + sql("CREATE TRIGGER guard AFTER DELETE ON k17 BEGIN SELECT 1; END"),
        sql("DROP TRIGGER guard")
        + REBUILT.format(table="k17", change='drop_column("extra")')
        + sql("CREATE TRIGGER guard AFTER DELETE ON k17 BEGIN SELECT 1; END"),
        SQLITE,
    ),
    Case(
        "c18",
        table("k18", 'sa.Column("code", sa.String(10))'),
        sql("ALTER TABLE k18 ALTER code TYPE varchar(40)"),
        sql("ALTER TABLE k18 ALTER code TYPE varchar(10)"),
        POSTGRESQL,
    ),
    Case(
        "c19",
        sql("CREATE TABLE k19 (id integer NOT NULL, day date NOT NULL) PARTITION BY RANGE (day)"),
        sql("CREATE TABLE k19y PARTITION OF k19 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        sql("ALTER TABLE k19 DETACH PARTITION k19y", "DROP TABLE k19y"),
        POSTGRESQL,
    ),
    Case(
        "c20",
        sql("CREATE TABLE k20 (id integer PRIMARY KEY, net integer)"),
        sql("ALTER TABLE k20 ADD vat bigint GENERATED ALWAYS AS (net::bigint * 2) STORED"),
        sql("ALTER TABLE k20 DROP vat"),
        POSTGRESQL,
    ),
    Case(
        "c21",
        table("k21", NAME) + sql("CREATE VIEW w21 AS SELECT id FROM k21"),
        sql("DROP VIEW w21", "CREATE VIEW w21 AS SELECT id, name FROM k21"),
        sql("DROP VIEW w21", "CREATE VIEW w21 AS SELECT id FROM k21"),
    ),
    Case(
        "c22",
        table("k22", NAME) + sql("CREATE INDEX j22 ON k22 (name)"),
        sql("ALTER INDEX j22 RENAME TO j22x"),
        sql("ALTER INDEX j22x RENAME TO j22"),
        POSTGRESQL,
    ),
    Case(
        "c23",
        table("p23") + table("k23", 'sa.Column("p", sa.Integer)'),
        sql("ALTER TABLE k23 ADD CONSTRAINT m23 FOREIGN KEY (p) REFERENCES p23 (id) NOT VALID"),
        sql("ALTER TABLE k23 DROP CONSTRAINT m23"),
        POSTGRESQL,
    ),
    Case(
        "c24",
        table("k24", 'sa.Column("flag", sa.Boolean, server_default=sa.true())'),
        REBUILT.format(table="k24", change='alter_column("flag", server_default=sa.false())'),
        REBUILT.format(table="k24", change='alter_column("flag", server_default=sa.true())'),
        SQLITE,
    ),
)
"""A constant default on filled tables, signs turned and turned back, a trigger made again, a type only widened, ..."""

MORE = (*DEFECTS, *ROW_DEFECTS, *CLEAN)
