"""The statements that read tables and what hangs on them, one for each catalog.

Written to run through any driver: no parameters, no percent sign, no colon, only numbers, text,
booleans and arrays of them. Objects of extensions and of the server itself are left out on the
server: everything a user made has an oid of 16384 or more (PostgreSQL manual, "System Catalog Initial
Data"). Tables are joined to each other in the client, by oid: that costs less than it would here.
"""

from __future__ import annotations

RELATIONS = """
SELECT
  c.oid,
  c.relnamespace,
  c.relname,
  CAST(c.relkind AS text),
  pg_get_userbyid(c.relowner),
  CAST(c.relacl AS text[]),
  CAST(c.relpersistence AS text),
  c.relrowsecurity,
  c.relforcerowsecurity,
  CAST(c.relreplident AS text),
  c.reltuples,
  c.relpages,
  c.relispopulated,
  c.reloptions,
  toast.reloptions,
  CASE WHEN c.relam <> 0 THEN am.amname END,
  tablespace.spcname,
  inherited.parents,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
  CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
  inherited.is_detaching,
  CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
  server.srvname,
  foreign_table.ftoptions
FROM pg_catalog.pg_class c
LEFT JOIN (
  SELECT inhrelid, array_agg(inhparent ORDER BY inhseqno) AS parents, bool_or(inhdetachpending) AS is_detaching
  FROM pg_catalog.pg_inherits
  GROUP BY inhrelid
) inherited ON inherited.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid AND toast.reloptions IS NOT NULL
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace tablespace ON tablespace.oid = c.reltablespace
LEFT JOIN pg_catalog.pg_foreign_table foreign_table ON foreign_table.ftrelid = c.oid
LEFT JOIN pg_catalog.pg_foreign_server server ON server.oid = foreign_table.ftserver
WHERE c.oid >= 16384
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
  AND c.oid NOT IN ($members_pg_class)
"""

COLUMNS = """
SELECT
  a.attrelid,
  a.attnum,
  a.attname,
  format_type(a.atttypid, a.atttypmod),
  a.attnotnull,
  CAST(a.attidentity AS text),
  CAST(a.attgenerated AS text),
  a.attinhcount > 0,
  pg_get_expr(d.adbin, d.adrelid),
  CASE WHEN a.attcollation <> t.typcollation
         OR a.attstorage <> t.typstorage
         OR a.attcompression <> ''
         OR $statistics_target IS NOT NULL
         OR a.attoptions IS NOT NULL
         OR a.attfdwoptions IS NOT NULL
         OR a.attacl IS NOT NULL
         OR (a.attislocal AND a.attinhcount > 0)
    THEN CAST(json_build_object(
      'collation', CASE WHEN a.attcollation <> t.typcollation THEN CAST(a.attcollation AS regcollation) END,
      'storage', CASE WHEN a.attstorage <> t.typstorage THEN CAST(a.attstorage AS text) END,
      'compression', CAST(a.attcompression AS text),
      'statistics_target', $statistics_target,
      'options', a.attoptions,
      'foreign_options', a.attfdwoptions,
      'is_local', a.attislocal,
      'privileges', CAST(a.attacl AS text[])
    ) AS text)
  END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid >= 16384
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
"""

CONSTRAINTS = """
SELECT
  c.oid,
  c.conname,
  c.conrelid,
  c.contypid,
  CAST(c.contype AS text),
  c.conkey,
  c.confrelid,
  c.confkey,
  CAST(c.confupdtype AS text),
  CAST(c.confdeltype AS text),
  CAST(c.confmatchtype AS text),
  $delete_columns,
  c.condeferrable,
  c.condeferred,
  c.convalidated,
  $is_enforced,
  $is_period,
  c.conislocal,
  c.coninhcount > 0,
  c.connoinherit,
  c.conindid,
  c.conparentid,
  CASE c.contype
    WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid)
    WHEN 'x' THEN pg_get_constraintdef(c.oid)
  END
FROM pg_catalog.pg_constraint c
WHERE c.oid >= 16384
  AND c.contype <> 't'
ORDER BY c.conname, c.oid
"""

INDEXES = """
SELECT
  i.indexrelid,
  i.indrelid,
  c.relname,
  am.amname,
  CAST(i.indkey AS text),
  CAST(i.indoption AS text),
  CAST(i.indclass AS text),
  i.indnkeyatts,
  i.indisunique,
  i.indisprimary,
  i.indimmediate,
  i.indisvalid,
  i.indisready,
  i.indislive,
  i.indisreplident,
  i.indisclustered,
  $nulls_not_distinct,
  pg_get_expr(i.indpred, i.indrelid),
  CASE WHEN i.indexprs IS NOT NULL
    THEN ARRAY(
      SELECT pg_get_indexdef(i.indexrelid, k, FALSE)
      FROM generate_series(1, CAST(i.indnatts AS integer)) k
      ORDER BY k
    )
  END,
  CASE WHEN NOT CAST(ARRAY[0, 100] AS oid[]) @> CAST(i.indcollation AS oid[])
    THEN CAST(CAST(CAST(i.indcollation AS oid[]) AS regcollation[]) AS text[])
  END,
  c.reloptions,
  tablespace.spcname,
  parent.inhparent,
  rare.columns
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_inherits parent ON parent.inhrelid = i.indexrelid
LEFT JOIN (
  SELECT
    a.attrelid,
    CAST(json_agg(json_build_array(a.attnum, $statistics_target, a.attoptions) ORDER BY a.attnum) AS text) AS columns
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid >= 16384
    AND a.attnum > 0
    AND ($statistics_target IS NOT NULL OR a.attoptions IS NOT NULL)
  GROUP BY a.attrelid
) rare ON rare.attrelid = i.indexrelid
LEFT JOIN pg_catalog.pg_tablespace tablespace ON tablespace.oid = c.reltablespace
WHERE i.indexrelid >= 16384
  AND c.relnamespace <> CAST('pg_toast' AS regnamespace)
ORDER BY c.relname, i.indexrelid
"""

TABLE_PARTS = """
SELECT
  'trigger',
  t.oid,
  t.tgrelid,
  t.tgname,
  CAST(json_build_object(
    'definition', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END,
    'function', CAST(t.tgfoid AS regprocedure),
    'enabled', CAST(t.tgenabled AS text),
    'constraint', CASE WHEN t.tgisinternal THEN t.tgconstraint END,
    'is_inherited', t.tgparentid <> 0
  ) AS text)
FROM pg_catalog.pg_trigger t
WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'
UNION ALL
SELECT
  'policy',
  p.oid,
  p.polrelid,
  p.polname,
  CAST(json_build_object(
    'command', CAST(p.polcmd AS text),
    'is_permissive', p.polpermissive,
    'roles', ARRAY(
      SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE CAST(pg_get_userbyid(r) AS text) END
      FROM unnest(p.polroles) r
      ORDER BY 1
    ),
    'using', pg_get_expr(p.polqual, p.polrelid),
    'with_check', pg_get_expr(p.polwithcheck, p.polrelid)
  ) AS text)
FROM pg_catalog.pg_policy p
UNION ALL
SELECT
  'rule',
  r.oid,
  r.ev_class,
  r.rulename,
  CAST(json_build_object(
    'definition', pg_get_ruledef(r.oid),
    'enabled', CAST(r.ev_enabled AS text)
  ) AS text)
FROM pg_catalog.pg_rewrite r
WHERE r.oid >= 16384
  AND r.rulename <> '_RETURN'
"""

SEQUENCES = """
SELECT
  s.seqrelid,
  c.relnamespace,
  c.relname,
  pg_get_userbyid(c.relowner),
  CAST(c.relacl AS text[]),
  CAST(c.relpersistence AS text),
  format_type(s.seqtypid, NULL),
  s.seqstart,
  s.seqincrement,
  s.seqmin,
  s.seqmax,
  s.seqcache,
  s.seqcycle,
  owned.refobjid,
  owned.refobjsubid,
  CAST(owned.deptype AS text)
FROM pg_catalog.pg_sequence s
JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
LEFT JOIN pg_catalog.pg_depend owned
  ON owned.classid = CAST('pg_catalog.pg_class' AS regclass)
  AND owned.objid = s.seqrelid
  AND owned.refclassid = CAST('pg_catalog.pg_class' AS regclass)
  AND owned.refobjsubid > 0
  AND owned.deptype IN ('a', 'i')
WHERE s.seqrelid >= 16384
  AND s.seqrelid NOT IN ($members_pg_class)
"""

COMMENTS = """
SELECT CAST(CAST(classoid AS regclass) AS text), objoid, objsubid, description
FROM pg_catalog.pg_description
WHERE objoid >= 16384
   OR (classoid = CAST('pg_catalog.pg_namespace' AS regclass) AND objoid >= 2200)
   OR classoid = CAST('pg_catalog.pg_extension' AS regclass)
UNION ALL
SELECT 'pg_database', objoid, 0, description
FROM pg_catalog.pg_shdescription
WHERE classoid = CAST('pg_catalog.pg_database' AS regclass)
"""
