"""The statements that read functions, procedures, aggregates and user-made types."""

from __future__ import annotations

ROUTINES = """
SELECT
  p.oid,
  p.pronamespace AS schema_oid,
  p.proname AS name,
  CAST(p.prokind AS text) AS kind,
  pg_get_userbyid(p.proowner) AS owner,
  CAST(p.proacl AS text[]) AS access_list,
  pg_get_function_identity_arguments(p.oid) AS identity_arguments,
  pg_get_function_arguments(p.oid) AS arguments,
  pg_get_function_result(p.oid) AS returns,
  l.lanname AS "language",
  COALESCE(pg_get_function_sqlbody(p.oid), p.prosrc) AS source,
  p.probin AS library,
  CAST(p.provolatile AS text) AS volatility,
  CAST(p.proparallel AS text) AS parallel,
  p.proisstrict AS is_strict,
  p.prosecdef AS is_security_definer,
  p.proleakproof AS is_leakproof,
  p.proretset AS returns_set,
  p.procost AS "cost",
  p.prorows AS "rows",
  CASE WHEN p.prosupport <> 0 THEN CAST(CAST(p.prosupport AS regproc) AS text) END AS support,
  CASE WHEN p.protrftypes IS NOT NULL
    THEN ARRAY(SELECT format_type(t, NULL) FROM unnest(p.protrftypes) t ORDER BY 1)
  END AS transforms,
  p.proconfig AS settings,
  CASE WHEN p.prokind = 'a'
    THEN (
      SELECT CAST(json_build_object(
        'aggregate kind', CAST(g.aggkind AS text),
        'direct arguments', g.aggnumdirectargs,
        'transition function', CAST(g.aggtransfn AS regproc),
        'final function', CAST(g.aggfinalfn AS regproc),
        'combine function', CAST(g.aggcombinefn AS regproc),
        'serial function', CAST(g.aggserialfn AS regproc),
        'deserial function', CAST(g.aggdeserialfn AS regproc),
        'moving transition function', CAST(g.aggmtransfn AS regproc),
        'moving inverse function', CAST(g.aggminvtransfn AS regproc),
        'moving final function', CAST(g.aggmfinalfn AS regproc),
        'final extra arguments', g.aggfinalextra,
        'moving final extra arguments', g.aggmfinalextra,
        'final modify', CAST(g.aggfinalmodify AS text),
        'moving final modify', CAST(g.aggmfinalmodify AS text),
        'sort operator', CASE WHEN g.aggsortop <> 0 THEN CAST(g.aggsortop AS regoperator) END,
        'state type', format_type(g.aggtranstype, NULL),
        'state size', g.aggtransspace,
        'moving state type', CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END,
        'moving state size', g.aggmtransspace,
        'initial value', g.agginitval,
        'moving initial value', g.aggminitval
      ) AS text)
      FROM pg_catalog.pg_aggregate g
      WHERE g.aggfnoid = p.oid
    )
  END AS aggregate
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384
  AND p.oid NOT IN ($members_pg_proc)
"""

TYPES = """
SELECT
  t.oid,
  t.typnamespace AS schema_oid,
  t.typname AS name,
  CAST(t.typtype AS text) AS kind,
  t.typrelid AS relation,
  pg_get_userbyid(t.typowner) AS owner,
  CAST(t.typacl AS text[]) AS access_list,
  CAST(CASE t.typtype
    WHEN 'e' THEN (
      SELECT json_build_object('labels', json_agg(e.enumlabel ORDER BY e.enumsortorder))
      FROM pg_catalog.pg_enum e
      WHERE e.enumtypid = t.oid
    )
    WHEN 'd' THEN json_build_object(
      'base', format_type(t.typbasetype, t.typtypmod),
      'not_null', t.typnotnull,
      'default', COALESCE(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
      'collation', (
        SELECT CAST(t.typcollation AS regcollation)
        FROM pg_catalog.pg_type base
        WHERE base.oid = t.typbasetype AND base.typcollation <> t.typcollation
      )
    )
    WHEN 'r' THEN (
      SELECT json_build_object(
        'subtype', format_type(r.rngsubtype, NULL),
        'multirange', format_type(r.rngmultitypid, NULL),
        'collation', CASE WHEN r.rngcollation NOT IN (0, 100) THEN CAST(r.rngcollation AS regcollation) END,
        'operator class', opc.opcname,
        'canonical', CASE WHEN CAST(r.rngcanonical AS oid) <> 0 THEN r.rngcanonical END,
        'difference', CASE WHEN CAST(r.rngsubdiff AS oid) <> 0 THEN r.rngsubdiff END
      )
      FROM pg_catalog.pg_range r
      JOIN pg_catalog.pg_opclass opc ON opc.oid = r.rngsubopc
      WHERE r.rngtypid = t.oid
    )
    WHEN 'b' THEN json_build_object(
      'input', t.typinput,
      'output', t.typoutput,
      'receive', CASE WHEN CAST(t.typreceive AS oid) <> 0 THEN t.typreceive END,
      'send', CASE WHEN CAST(t.typsend AS oid) <> 0 THEN t.typsend END,
      'modifier input', CASE WHEN CAST(t.typmodin AS oid) <> 0 THEN t.typmodin END,
      'modifier output', CASE WHEN CAST(t.typmodout AS oid) <> 0 THEN t.typmodout END,
      'analyze', CASE WHEN CAST(t.typanalyze AS oid) <> 0 THEN t.typanalyze END,
      'subscript', CASE WHEN CAST(t.typsubscript AS oid) <> 0 THEN t.typsubscript END,
      'length', t.typlen,
      'by value', t.typbyval,
      'alignment', CAST(t.typalign AS text),
      'storage', CAST(t.typstorage AS text),
      'category', CAST(t.typcategory AS text),
      'preferred', t.typispreferred,
      'delimiter', CAST(t.typdelim AS text),
      'element', CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END,
      'default value', t.typdefault,
      'collatable', t.typcollation <> 0
    )
    WHEN 'p' THEN json_build_object('defined', t.typisdefined)
  END AS text) AS facts
FROM pg_catalog.pg_type t
WHERE t.oid >= 16384
  AND (t.typtype IN ('e', 'd', 'r', 'p')
       OR (t.typtype = 'b' AND t.typsubscript <> CAST('array_subscript_handler' AS regproc))
       OR t.typrelid IN (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'c'))
  AND t.oid NOT IN ($members_pg_type)
"""
