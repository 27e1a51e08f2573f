"""Statement-level audit triggers for PostgreSQL: what bulk statements and COPY change is recorded too."""

from __future__ import annotations

from alembic import op

FUNCTION = r"""
CREATE FUNCTION audit_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    key_columns text[] := string_to_array(TG_ARGV[0], ',');
    masked text[] := string_to_array(TG_ARGV[1], ',');
    actor text := nullif(current_setting('dbops.actor', true), '');
    tenant text := coalesce(current_setting('app.org_id', true), '');
    changes refcursor;
    change record;
    chain_org bigint;
    chain_id bigint;
    chain_hash bytea;
    entry public.audit_log%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        OPEN changes FOR
            SELECT (to_jsonb(n) ->> 'org_id')::bigint AS org_id, NULL::jsonb AS before, to_jsonb(n) AS after
            FROM new_rows n ORDER BY to_jsonb(n);
    ELSIF TG_OP = 'DELETE' THEN
        OPEN changes FOR
            SELECT (to_jsonb(o) ->> 'org_id')::bigint AS org_id, to_jsonb(o) AS before, NULL::jsonb AS after
            FROM old_rows o ORDER BY to_jsonb(o);
    ELSE
        -- A row whose key changed has no partner: it is told as one that went and one that came.
        OPEN changes FOR
            SELECT (coalesce(n.image, o.image) ->> 'org_id')::bigint AS org_id,
                   o.image AS before, n.image AS after
            FROM (SELECT public.audit_key(to_jsonb(r), key_columns) AS key, to_jsonb(r) AS image FROM old_rows r) o
            FULL JOIN (SELECT public.audit_key(to_jsonb(r), key_columns) AS key, to_jsonb(r) AS image FROM new_rows r) n
                USING (key)
            WHERE o.image IS DISTINCT FROM n.image
            ORDER BY key;
    END IF;
    LOOP
        FETCH changes INTO change;
        EXIT WHEN NOT FOUND;
        IF chain_org IS DISTINCT FROM change.org_id THEN
            UPDATE public.audit_head SET last_id = chain_id, last_hash = chain_hash WHERE org_id = chain_org;
            chain_org := change.org_id;
            -- The row was let through already; its entry belongs to the same organization, also when a
            -- role that bypasses row-level security has named none.
            PERFORM set_config('app.org_id', chain_org::text, true);
            INSERT INTO public.audit_head VALUES (chain_org, 0, decode(repeat('00', 32), 'hex'))
                ON CONFLICT DO NOTHING;
            -- One writer at a time extends a chain, until its transaction ends.
            SELECT last_id, last_hash INTO chain_id, chain_hash
                FROM public.audit_head WHERE org_id = chain_org FOR UPDATE;
        END IF;
        chain_id := chain_id + 1;
        entry.org_id := chain_org;
        entry.id := chain_id;
        entry.at := clock_timestamp();
        entry.actor_id := CASE WHEN actor ~ '^[0-9]{1,18}$' THEN actor::bigint END;
        entry.actor_kind := CASE WHEN entry.actor_id IS NULL THEN 'system' ELSE 'user' END;
        entry.table_name := TG_TABLE_NAME;
        entry.op := CASE WHEN change.before IS NULL THEN 'INSERT' WHEN change.after IS NULL THEN 'DELETE'
                    ELSE 'UPDATE' END;
        entry.row_pk := public.audit_key(coalesce(change.after, change.before), key_columns);
        entry.changed :=
            CASE WHEN change.before IS NULL THEN '{}'::jsonb
                ELSE jsonb_build_object('old', public.audit_image(change.before, change.after, masked)) END
            || CASE WHEN change.after IS NULL THEN '{}'::jsonb
                ELSE jsonb_build_object('new', public.audit_image(change.after, change.before, masked)) END;
        entry.prev_hash := chain_hash;
        chain_hash := sha256(chain_hash || convert_to(concat_ws('|',
            entry.org_id, entry.id, to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
            coalesce(entry.actor_id::text, ''), entry.actor_kind, entry.table_name, entry.op,
            entry.row_pk::text, entry.changed::text), 'UTF8'));
        entry.hash := chain_hash;
        INSERT INTO public.audit_log VALUES (entry.*);
    END LOOP;
    CLOSE changes;
    UPDATE public.audit_head SET last_id = chain_id, last_hash = chain_hash WHERE org_id = chain_org;
    PERFORM set_config('app.org_id', tenant, true);
    RETURN NULL;
END $body$
"""

KEY_FUNCTION = r"""
CREATE FUNCTION audit_key(image jsonb, key_columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT jsonb_object_agg(name, image -> name) FROM unnest(key_columns) AS name
$body$
"""

IMAGE_FUNCTION = r"""
CREATE FUNCTION audit_image(image jsonb, other jsonb, masked text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
    SELECT jsonb_object_agg(
               name,
               CASE WHEN name = ANY (masked) AND value <> 'null' THEN '"(personal)"' ELSE value END)
    FROM jsonb_each(image) AS field (name, value)
    WHERE other IS NULL OR other -> name IS DISTINCT FROM value
$body$
"""

FUNCTIONS = ("audit_statement()", "audit_key(jsonb, text[])", "audit_image(jsonb, jsonb, text[])")


def create_functions() -> None:
    """Create what the triggers call; nobody may call it by hand."""
    for statement in (KEY_FUNCTION, IMAGE_FUNCTION, FUNCTION):
        op.execute(statement)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")


def drop_functions() -> None:
    """Undo `create_functions`."""
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")


def watch(table: str, key: tuple[str, ...], masked: tuple[str, ...]) -> None:
    """Record every change of `table`; the values of `masked` columns stay out of the log."""
    arguments = f"'{','.join(key)}', '{','.join(masked)}'"
    for event, rows in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION audit_statement({arguments})"
        )


def unwatch(table: str) -> None:
    """Undo `watch`."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER audit_{event} ON {table}")
