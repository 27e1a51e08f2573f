"""Add the audit log, partitioned by month

Written by triggers only, never changed: a trigger refuses it, also to the owner. The partitions of this
and the coming six months are made at once, the rest by maintenance through audit_log_add_months; what no
month takes lands in the default partition rather than failing the write it records.

Revision ID: 17c6a9d5
Revises: 8e7b04c2
"""

import sqlalchemy as sa
from alembic import op

from accounting import types as t
from migrations.row_security import OF_THIS_TENANT, isolate

revision = "17c6a9d5"
down_revision = "8e7b04c2"
branch_labels = None
depends_on = None


ADD_MONTHS = f"""
CREATE FUNCTION audit_log_add_months(first_month date, months integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    month date;
    partition text;
    added integer := 0;
BEGIN
    FOR step IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_month::timestamp) + make_interval(months => step))::date;
        partition := format('audit_log_y%sm%s', to_char(month, 'YYYY'), to_char(month, 'MM'));
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE public.%I PARTITION OF public.audit_log FOR VALUES FROM (%L) TO (%L)',
            partition,
            to_char(month, 'YYYY-MM-DD 00:00+00'),
            to_char(month + interval '1 month', 'YYYY-MM-DD 00:00+00'));
        -- Policies of the parent do not hold for a partition that is addressed by its own name.
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON public.%I USING (%s) WITH CHECK (%2$s)', partition,
            $policy${OF_THIS_TENANT}$policy$);
        EXECUTE format(
            'COMMENT ON TABLE public.%I IS %L', partition, 'Audit entries of ' || to_char(month, 'YYYY-MM'));
        added := added + 1;
    END LOOP;
    RETURN added;
END $body$
"""

REFUSE = """
CREATE FUNCTION audit_log_never_changes() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $body$
"""

REFUSE_ROWS = """
CREATE TRIGGER audit_log_never_changes BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_never_changes()
"""

REFUSE_TRUNCATE = """
CREATE TRIGGER audit_log_is_never_emptied BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_never_changes()
"""

REFUSE_UPDATE_SQLITE = """
CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log
WHEN OLD.hash IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed or removed');
END
"""

REFUSE_DELETE_SQLITE = """
CREATE TRIGGER audit_log_is_never_emptied BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed or removed');
END
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("org_id", t.WholeNumber, primary_key=True),
        sa.Column("id", t.WholeNumber, primary_key=True),
        sa.Column("at", t.Moment(), primary_key=True),
        sa.Column("actor_id", t.WholeNumber),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("row_pk", t.Document(), nullable=False),
        sa.Column(
            "changed",
            t.Document(),
            nullable=False,
            comment="dbops: personal columns are masked, encrypted ones stay encrypted",
        ),
        sa.Column("prev_hash", sa.LargeBinary()),
        sa.Column("hash", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("actor_kind IN ('user', 'system')", name="actor_kind_known"),
        sa.CheckConstraint("op IN ('INSERT', 'UPDATE', 'DELETE')", name="op_known"),
        sa.CheckConstraint("hash IS NOT NULL AND prev_hash IS NOT NULL", name="sealed").ddl_if(dialect="postgresql"),
        comment="Who changed what; written by triggers, never changed",
        sqlite_strict=True,
        postgresql_partition_by="RANGE (at)",
    )
    op.create_table(
        "audit_head",
        sa.Column("org_id", t.WholeNumber, primary_key=True, autoincrement=False),
        sa.Column("last_id", t.WholeNumber, nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organization.id"], ondelete="RESTRICT"),
        sa.CheckConstraint("last_id >= 0", name="last_id_not_negative"),
        comment="Ends of the audit chains; written by triggers",
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_audit_log_org_id_table_name_at"), "audit_log", ["org_id", "table_name", "at"])

    if op.get_context().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        op.execute(REFUSE_UPDATE_SQLITE)
        op.execute(REFUSE_DELETE_SQLITE)


def _guard_on_postgresql() -> None:
    op.execute(REFUSE)
    op.execute("REVOKE EXECUTE ON FUNCTION audit_log_never_changes() FROM PUBLIC")
    op.execute(REFUSE_ROWS)
    op.execute(REFUSE_TRUNCATE)
    op.execute("CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT")
    op.execute("COMMENT ON TABLE audit_log_default IS 'Audit entries no month takes'")
    isolate(["audit_log", "audit_log_default", "audit_head"])
    op.execute(ADD_MONTHS)
    op.execute("REVOKE EXECUTE ON FUNCTION audit_log_add_months(date, integer) FROM PUBLIC")
    op.execute("SELECT audit_log_add_months((now() AT TIME ZONE 'UTC')::date, 7)")


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit_log")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_add_months(date, integer)")
        op.execute("DROP FUNCTION audit_log_never_changes()")
