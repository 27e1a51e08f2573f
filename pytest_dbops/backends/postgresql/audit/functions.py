"""The functions of the trail: one that records what a statement did, one that refuses changes of the log.

Both run as their owner with a search path in which nobody else creates anything, and name every object with its schema;
nobody else may execute them, so that nobody else can hang them on a table of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from pytest_dbops.backends.postgresql.audit.columnwise import MANY_ROWS, RECORD_COLUMNWISE
from pytest_dbops.core.audit.installed import AuditObject, Role
from pytest_dbops.core.audit.rules import MASKED

RECORD, REFUSE = "dbops.audit_record", "dbops.audit_refuse"
SETTINGS = "search_path=pg_catalog, pg_temp"

_COLUMNS = """\
tenant, at, transaction_id, actor, request, role, table_schema, table_name,
            operation"""
_NAMES = ("tenant_column", "moment", "transaction_id", "actor", "request", "root_schema", "root_name", "event",
          "other_columns", "key_masks", "masked", "excluded", "hidden")  # fmt: skip
_HEAD = Template("""\
INSERT INTO dbops.audit_log ($columns, row_key, changed)
        SELECT coalesce(r.image ->> $tenant_column, ''), $moment, $transaction_id, $actor, $request, session_user,
            $root_schema, $root_name, $event,
            nullif(((r.image - $other_columns) || $key_masks)::text, '{}'),""")
_WHOLE = Template("""\
$head
            '{"$side": ' || (CASE WHEN $masked = '{}' THEN r.image - $excluded ELSE (r.image - $excluded) || coalesce(
                (SELECT jsonb_object_agg(m, $hidden) FROM unnest($masked) AS m
                 WHERE r.image -> m <> 'null' AND m <> ALL ($excluded)), '{}') END)::text || '}'
        FROM (SELECT to_jsonb(t) AS image FROM $rows AS t) AS r""")
_RECORD = """
DECLARE
    -- First of all: whoever seals relies on an id being drawn by a transaction that has a number.
    transaction_id bigint := pg_current_xact_id()::text::bigint;
    moment timestamptz := clock_timestamp();
    root_schema text := TG_ARGV[0];
    root_name text := TG_ARGV[1];
    key_columns text[] := TG_ARGV[2]::text[];
    tenant_column text := TG_ARGV[3];
    masked text[] := TG_ARGV[4]::text[];
    excluded text[] := TG_ARGV[5]::text[];
    actor text := nullif(current_setting(TG_ARGV[6], true), '');
    request text := nullif(current_setting(TG_ARGV[7], true), '');
    hidden jsonb := '"$MASKED"';
    -- A key is what is left of a row without its other columns, which is cheaper than to put it together.
    other_columns text[] := ARRAY(
        SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND attname <> ALL (key_columns)
    );
    key_masks jsonb := CASE WHEN key_columns && masked
        THEN (SELECT jsonb_object_agg(k, hidden) FROM unnest(key_columns) AS k WHERE k = ANY (masked)) ELSE '{}' END;
    columnwise text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        $INSERTED;
    ELSIF TG_OP = 'DELETE' THEN
        $DELETED;
    ELSIF TG_OP = 'UPDATE' THEN
        -- The server puts the old and the new row of each update into the two tables in one go, so that the n-th of
        -- one belongs to the n-th of the other, also where the key changed, the row moved, or there is no key.
        IF EXISTS (SELECT FROM new_rows OFFSET $FEW) THEN$COLUMNWISE
        ELSE
            $HEAD
                '{"old": ' || d.old || ', "new": ' || d.new || '}'
            FROM (
                SELECT o.image AS old, n.image AS new, coalesce(o.image, n.image) AS image
                FROM (SELECT row_number() OVER () AS place, to_jsonb(t) AS image FROM old_rows AS t) AS o
                FULL JOIN (SELECT row_number() OVER () AS place, to_jsonb(t) AS image FROM new_rows AS t) AS n
                    USING (place)
            ) AS r
            CROSS JOIN LATERAL (
                SELECT
                    jsonb_object_agg(c, CASE WHEN c = ANY (masked) AND r.old -> c <> 'null' THEN hidden
                        ELSE coalesce(r.old -> c, 'null') END)::text AS old,
                    jsonb_object_agg(c, CASE WHEN c = ANY (masked) AND r.new -> c <> 'null' THEN hidden
                        ELSE coalesce(r.new -> c, 'null') END)::text AS new
                FROM jsonb_object_keys(r.image) AS c
                WHERE r.old -> c IS DISTINCT FROM r.new -> c AND c <> ALL (excluded)
            ) AS d
            WHERE d.old IS NOT NULL;
        END IF;
    ELSIF row_security_active(TG_RELID) THEN
        -- What goes cannot be read past forced row-level security; that it went is told.
        INSERT INTO dbops.audit_log ($COLUMNS, changed)
        VALUES ('', moment, transaction_id, actor, request, session_user, root_schema, root_name, TG_OP,
            '{"rows": "hidden by row-level security"}');
    ELSE
        EXECUTE format($sql$
        $TRUNCATED
            $sql$, TG_TABLE_SCHEMA, TG_TABLE_NAME)
        USING $USED;
    END IF;
    RETURN NULL;
END
"""


def _record_body() -> str:
    """Return the body: what is said of a whole row is the same text for rows that come, go, or are truncated."""
    variables = {name: "TG_OP" if name == "event" else name for name in _NAMES}
    parameters = {name: f"${place}" for place, name in enumerate(_NAMES, 1)}
    parts = {
        "$COLUMNWISE": RECORD_COLUMNWISE,
        "$FEW": str(MANY_ROWS - 1),
        "$INSERTED": _whole("new", "new_rows", variables),
        "$DELETED": _whole("old", "old_rows", variables),
        "$TRUNCATED": _whole("old", "ONLY %I.%I", parameters),
        "$HEAD": _HEAD.substitute(variables, columns=_COLUMNS),
        "$COLUMNS": _COLUMNS,
        "$USED": ", ".join(variables.values()),
        "$MASKED": MASKED,
    }
    body = _RECORD
    for name, text in parts.items():
        body = body.replace(name, text)
    return body


def _whole(side: str, rows: str, names: Mapping[str, str]) -> str:
    head = _HEAD.substitute(names, columns=_COLUMNS)
    return _WHOLE.substitute(names, head=head, side=side, rows=rows)


_REFUSE_BODY = """
BEGIN
    IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' THEN
        -- What an entry holds may be erased, and nothing else of it: its seal holds without it.
        IF to_jsonb(NEW) ? 'salt' AND to_jsonb(NEW) ->> 'salt' IS NULL AND to_jsonb(NEW) ->> 'changed' IS NULL
            AND to_jsonb(NEW) - '{salt,changed}'::text[] = to_jsonb(OLD) - '{salt,changed}'::text[]
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% of the audit trail (%) is refused: entries and seals are only added',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
"""


def functions() -> tuple[AuditObject, ...]:
    """Return both functions, as they must be."""
    return (_function(RECORD, _record_body()), _function(REFUSE, _REFUSE_BODY))


def function_text(body: str, *, is_definer: bool, settings: str, language: str) -> str:
    """Return a function in one spelling, whether it is read or made."""
    return f"{language} definer={is_definer} {settings}\n{body}"


def _function(name: str, body: str) -> AuditObject:
    make = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
        f"SET search_path = pg_catalog, pg_temp AS $dbops${body}$dbops$",
        f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC",
    )
    text = function_text(body, is_definer=True, settings=SETTINGS, language="plpgsql")
    return AuditObject(Role.FUNCTION, name, "", text, make=make)
