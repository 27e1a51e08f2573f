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
  c.relnamespace AS schema_oid,
  c.relname AS name,
  CAST(c.relkind AS text) AS kind,
  pg_get_userbyid(c.relowner) AS owner,
  CAST(c.relacl AS text[]) AS access_list,
  CAST(c.relpersistence AS text) AS persistence,
  c.relrowsecurity AS row_security,
  c.relforcerowsecurity AS force_row_security,
  CAST(c.relreplident AS text) AS replica_identity,
  c.reltuples AS estimated_rows,
  c.relpages AS pages,
  c.relispopulated AS is_populated,
  c.reloptions AS "storage",
  c.reltoastrelid AS toast_oid,
  c.relam AS access_method,
  c.reltablespace AS tablespace,
  inherited.parents,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
  CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
  CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS partition_bound,
  inherited.is_detaching,
  CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type
FROM pg_catalog.pg_class c
LEFT JOIN (
  SELECT inhrelid, array_agg(inhparent ORDER BY inhseqno) AS parents, bool_or(inhdetachpending) AS is_detaching
  FROM pg_catalog.pg_inherits
  GROUP BY inhrelid
) inherited ON inherited.inhrelid = c.oid
WHERE c.oid >= 16384
  AND (c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') OR (c.relkind = 't' AND c.reloptions IS NOT NULL))
  AND c.oid NOT IN ($members_pg_class)
"""

# A default names no columns, so it is worded without its table, which would have to be opened for that.
COLUMNS = """
SELECT
  a.attrelid AS relation,
  a.attnum AS number,
  a.attname AS name,
  format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS not_null,
  CAST(a.attidentity AS text) AS identity,
  CAST(a.attgenerated AS text) AS generated,
  a.attinhcount > 0 AS is_inherited,
  pg_get_expr(d.adbin, CASE WHEN a.attgenerated <> '' THEN d.adrelid ELSE 0 END) AS default_value,
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
  END AS rare
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid >= 16384
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND (c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
       OR (c.relkind IN ('i', 'I') AND ($statistics_target IS NOT NULL OR a.attoptions IS NOT NULL)))
"""

CONSTRAINTS = """
SELECT
  c.oid,
  c.conname AS name,
  c.conrelid AS "table",
  c.contypid AS domain,
  CAST(c.contype AS text) AS kind,
  c.conkey AS "columns",
  c.confrelid AS target,
  c.confkey AS target_columns,
  CAST(c.confupdtype AS text) AS on_update,
  CAST(c.confdeltype AS text) AS on_delete,
  CAST(c.confmatchtype AS text) AS "match",
  c.conindid AS index_oid,
  CASE c.contype
    WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid)
    WHEN 'x' THEN pg_get_constraintdef(c.oid)
  END AS "text",
  CASE WHEN c.condeferrable
         OR c.condeferred
         OR NOT c.convalidated
         OR NOT $is_enforced
         OR $is_period
         OR NOT c.conislocal
         OR c.coninhcount > 0
         OR (c.connoinherit AND c.contype IN ('c', 'n'))
         OR c.conparentid <> 0
         OR $delete_columns IS NOT NULL
    THEN CAST(json_build_object(
      'is_deferrable', c.condeferrable,
      'is_initially_deferred', c.condeferred,
      'is_validated', c.convalidated,
      'is_enforced', $is_enforced,
      'is_period', $is_period,
      'is_local', c.conislocal,
      'has_parents', c.coninhcount > 0,
      'is_no_inherit', c.connoinherit,
      'parent', c.conparentid,
      'on_delete_columns', $delete_columns
    ) AS text)
  END AS rare
FROM pg_catalog.pg_constraint c
WHERE c.oid >= 16384
  AND c.contype <> 't'
"""

INDEXES = """
SELECT
  i.indexrelid AS oid,
  i.indrelid AS "table",
  c.relname AS name,
  c.relam AS method,
  CAST(i.indkey AS text) AS "columns",
  CAST(i.indoption AS text) AS options,
  CAST(i.indclass AS text) AS classes,
  i.indnkeyatts AS key_count,
  i.indisunique AS is_unique,
  i.indisprimary AS is_primary,
  pg_get_expr(i.indpred, i.indrelid) AS predicate,
  CASE
    WHEN i.indexprs IS NULL THEN NULL
    WHEN i.indnatts = 1 THEN ARRAY[pg_get_expr(i.indexprs, i.indrelid)]
    ELSE ARRAY(
      SELECT pg_get_indexdef(i.indexrelid, k, FALSE)
      FROM generate_series(1, CAST(i.indnatts AS integer)) k
    )
  END AS expressions,
  CASE WHEN NOT i.indimmediate
         OR NOT i.indisvalid
         OR NOT i.indisready
         OR NOT i.indislive
         OR i.indisreplident
         OR i.indisclustered
         OR $nulls_not_distinct
         OR NOT CAST(ARRAY[0, 100] AS oid[]) @> CAST(i.indcollation AS oid[])
         OR c.reloptions IS NOT NULL
         OR c.reltablespace <> 0
         OR c.relispartition
    THEN CAST(json_build_object(
      'is_immediate', i.indimmediate,
      'is_valid', i.indisvalid,
      'is_ready', i.indisready,
      'is_live', i.indislive,
      'is_replica_identity', i.indisreplident,
      'is_clustered', i.indisclustered,
      'nulls_not_distinct', $nulls_not_distinct,
      'collations', CAST(CAST(i.indcollation AS oid[]) AS regcollation[]),
      'options', c.reloptions,
      'tablespace', c.reltablespace,
      'parent', (SELECT p.inhparent FROM pg_catalog.pg_inherits p WHERE p.inhrelid = i.indexrelid)
    ) AS text)
  END AS rare
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indexrelid >= 16384
  AND c.relnamespace <> CAST('pg_toast' AS regnamespace)
"""

TABLE_PARTS = """
SELECT
  'trigger' AS kind,
  t.oid,
  t.tgrelid AS relation,
  t.tgname AS name,
  CAST(json_build_object(
    'definition', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END,
    'function', CAST(t.tgfoid AS regprocedure),
    'enabled', CAST(t.tgenabled AS text),
    'constraint', CASE WHEN t.tgisinternal THEN t.tgconstraint END,
    'is_inherited', t.tgparentid <> 0
  ) AS text) AS facts
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
  s.seqrelid AS oid,
  c.relnamespace AS schema_oid,
  c.relname AS name,
  pg_get_userbyid(c.relowner) AS owner,
  CAST(c.relacl AS text[]) AS access_list,
  CAST(c.relpersistence AS text) AS persistence,
  format_type(s.seqtypid, NULL) AS data_type,
  s.seqstart AS start_value,
  s.seqincrement AS increment,
  s.seqmin AS minimum,
  s.seqmax AS maximum,
  s.seqcache AS cache,
  s.seqcycle AS is_cycling,
  owned.refobjid AS owner_relation,
  owned.refobjsubid AS owner_column,
  CAST(owned.deptype AS text) AS dependency
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
SELECT CAST(CAST(classoid AS regclass) AS text) AS catalog, objoid AS oid, objsubid AS part, description AS "text"
FROM pg_catalog.pg_description
WHERE objoid >= 16384
   OR (classoid = CAST('pg_catalog.pg_namespace' AS regclass) AND objoid >= 2200)
   OR classoid = CAST('pg_catalog.pg_extension' AS regclass)
UNION ALL
SELECT 'pg_database', objoid, 0, description
FROM pg_catalog.pg_shdescription
WHERE classoid = CAST('pg_catalog.pg_database' AS regclass)
"""
