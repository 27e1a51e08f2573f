"""An UPDATE of many rows, recorded by a statement that names the table's columns, made when the trigger fires.

The entries are those of the statement that goes by whole rows, to the letter. It is planned for this one UPDATE, and
makes JSON of what has changed alone.
"""

from __future__ import annotations

MANY_ROWS = 100
"""From so many rows on, planning costs less than it saves."""

# Columns are renamed, so that none can meet a name of ours. `@` is the row's side. Values that `=` of their type
# overlooks (citext, a collation, what has no `=` at all) are held against each other by their bytes, and where these
# differ as JSON, which is what the other statement compares.
RECORD_COLUMNWISE = r"""
            SELECT format(
                $sql$
                INSERT INTO dbops.audit_log ($COLUMNS, row_key, changed)
                SELECT %s, $1, $2, $3, $4, session_user, $5, $6, 'UPDATE', %s,
                    '{"old": {' || s.old || '}, "new": {' || s.new || '}}'
                FROM (SELECT row_number() OVER () AS place, %s FROM old_rows AS t) AS o
                FULL JOIN (SELECT row_number() OVER () AS place, %s FROM new_rows AS t) AS n USING (place)
                CROSS JOIN LATERAL (SELECT %s OFFSET 0) AS d
                CROSS JOIN LATERAL (
                    SELECT array_to_string(ARRAY[%s], ', ') AS old, array_to_string(ARRAY[%s], ', ') AS new OFFSET 0
                ) AS s
                WHERE s.new <> ''
                $sql$,
                coalesce(
                    max(format('coalesce(' || CASE WHEN c.is_text OR c.type = ANY ('{int2,int4,int8,uuid}'::regtype[])
                        THEN 'coalesce(o.%1$s, n.%1$s)::text' ELSE 'to_jsonb(coalesce(o.%1$s, n.%1$s)) #>> ''{}''' END
                        || ', '''')', c.place))
                    FILTER (WHERE c.name = tenant_column), ''''''),
                coalesce('''{'' || ' || string_agg(
                    quote_literal(c.label) || ' || ' || CASE WHEN c.name = ANY (masked) THEN quote_literal(hidden)
                        ELSE replace(c.value, '@', 'o') END, ' || '', '' || ' ORDER BY c.size, c.name)
                    FILTER (WHERE c.name = ANY (key_columns)) || ' || ''}''', 'NULL'),
                string_agg(c.renamed, ', '),
                string_agg(c.renamed, ', '),
                string_agg(c.differs, ', ') FILTER (WHERE c.is_told),
                string_agg(format('CASE WHEN d.%s THEN %L || %s END', c.place, c.label, replace(c.told, '@', 'o')), ', '
                    ORDER BY c.size, c.name) FILTER (WHERE c.is_told),
                string_agg(format('CASE WHEN d.%s THEN %L || %s END', c.place, c.label, replace(c.told, '@', 'n')), ', '
                    ORDER BY c.size, c.name) FILTER (WHERE c.is_told)
            )
            INTO columnwise
            FROM (
                SELECT b.*, format('t.%I AS %s', b.name, b.place) AS renamed,
                    format(CASE WHEN b.is_text THEN 'o.%1$s COLLATE "C" IS DISTINCT FROM n.%1$s AS %1$s'
                        WHEN b.is_plain THEN 'o.%1$s IS DISTINCT FROM n.%1$s AS %1$s'
                        ELSE 'record_image_ne(ROW(o.%1$s), ROW(n.%1$s)) AND coalesce(to_jsonb(o.%1$s), ''null'')'
                            ' <> coalesce(to_jsonb(n.%1$s), ''null'') AS %1$s' END, b.place) AS differs,
                    CASE WHEN b.name = ANY (masked) THEN format('CASE WHEN %s = ''null'' THEN ''null'' ELSE %L END',
                        b.value, hidden) ELSE b.value END AS told
                FROM (
                    SELECT a.*, format(
                        CASE WHEN a.is_text OR a.is_plain THEN 'coalesce(to_json(@.%s)::text, ''null'')'
                        ELSE 'coalesce(to_jsonb(@.%s)::text, ''null'')' END, a.place) AS value
                    FROM (
                        SELECT attname::text COLLATE "C" AS name, octet_length(attname::text) AS size,
                            'c' || attnum AS place, atttypid::regtype AS type,
                            to_jsonb(attname::text)::text || ': ' AS label,
                            attname <> ALL (excluded) AS is_told,
                            atttypid = ANY ('{text,varchar}'::regtype[]) AS is_text,
                            atttypid = ANY (ARRAY['int2', 'int4', 'int8', 'numeric', 'bool', 'date', 'timestamp',
                                'timestamptz', 'uuid', 'bytea']::regtype[]) AS is_plain
                        FROM pg_attribute
                        WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped
                    ) AS a
                ) AS b
            ) AS c;
            EXECUTE columnwise USING moment, transaction_id, actor, request, root_schema, root_name;"""
