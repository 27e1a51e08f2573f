"""The statements that read everything but tables: routines, types, and all rarer kinds in one text.

The rarer kinds share eight columns: kind, catalog, oid, schema, name, owner, privileges, attributes
(a JSON object). Whatever belongs to an extension is left out, as is what the server brought itself.
"""

from __future__ import annotations

ROUTINES = """
SELECT
  p.oid,
  p.pronamespace,
  p.proname,
  CAST(p.prokind AS text),
  pg_get_userbyid(p.proowner),
  CAST(p.proacl AS text[]),
  pg_get_function_identity_arguments(p.oid),
  pg_get_function_arguments(p.oid),
  pg_get_function_result(p.oid),
  l.lanname,
  COALESCE(pg_get_function_sqlbody(p.oid), p.prosrc),
  p.probin,
  CAST(p.provolatile AS text),
  CAST(p.proparallel AS text),
  p.proisstrict,
  p.prosecdef,
  p.proleakproof,
  p.proretset,
  p.procost,
  p.prorows,
  CASE WHEN p.prosupport <> 0 THEN CAST(CAST(p.prosupport AS regproc) AS text) END,
  CASE WHEN p.protrftypes IS NOT NULL
    THEN ARRAY(SELECT format_type(t, NULL) FROM unnest(p.protrftypes) t ORDER BY 1)
  END,
  p.proconfig,
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
  END
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.oid >= 16384
  AND p.oid NOT IN ($members_pg_proc)
"""

TYPES = """
SELECT
  t.oid,
  t.typnamespace,
  t.typname,
  CAST(t.typtype AS text),
  t.typrelid,
  pg_get_userbyid(t.typowner),
  CAST(t.typacl AS text[]),
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
  END AS text)
FROM pg_catalog.pg_type t
LEFT JOIN pg_catalog.pg_type element ON element.oid = t.typelem
LEFT JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd', 'r', 'p')
       OR (t.typtype = 'c' AND r.relkind = 'c')
       OR (t.typtype = 'b' AND element.typarray IS DISTINCT FROM t.oid))
  AND t.oid >= 16384
  AND t.oid NOT IN ($members_pg_type)
"""

_DATABASE = """
SELECT
  'database' AS kind,
  'pg_database' AS catalog,
  d.oid,
  CAST(0 AS oid) AS namespace,
  CAST(d.datname AS text) AS name,
  CAST(pg_get_userbyid(d.datdba) AS text) AS owner,
  CAST(d.datacl AS text[]) AS privileges,
  CAST(json_build_object(
    'search_path', current_setting('search_path'),
    'encoding', pg_encoding_to_char(d.encoding),
    'collate', d.datcollate,
    'ctype', d.datctype,
    'locale_provider', $locale_provider,
    'locale', $database_locale,
    'icu_rules', $database_icu_rules,
    'connection_limit', d.datconnlimit,
    'settings', (
      SELECT json_agg(
        json_build_array(CASE WHEN s.setrole <> 0 THEN pg_get_userbyid(s.setrole) END, s.setconfig)
      )
      FROM pg_catalog.pg_db_role_setting s
      WHERE s.setdatabase = d.oid
    ),
    'operator_classes', (
      SELECT json_object_agg(o.oid, json_build_array(o.opcnamespace, o.opcname))
      FROM pg_catalog.pg_opclass o
      WHERE NOT o.opcdefault OR o.oid >= 16384
    )
  ) AS text) AS attributes
FROM pg_catalog.pg_database d
WHERE d.datname = current_database()
"""

_SCHEMAS = """
SELECT
  'schema', 'pg_namespace', n.oid, CAST(0 AS oid), n.nspname,
  pg_get_userbyid(n.nspowner), CAST(n.nspacl AS text[]),
  CAST(json_build_object('is_of_extension', EXISTS (
    SELECT FROM pg_catalog.pg_depend member
    WHERE member.classid = CAST('pg_catalog.pg_namespace' AS regclass)
      AND member.objid = n.oid
      AND member.deptype = 'e'
  )) AS text)
FROM pg_catalog.pg_namespace n
"""

_EXTENSIONS = """
SELECT
  'extension', 'pg_extension', e.oid, e.extnamespace, e.extname,
  pg_get_userbyid(e.extowner), NULL,
  CAST(json_build_object('version', e.extversion) AS text)
FROM pg_catalog.pg_extension e
"""

_EVENT_TRIGGERS = """
SELECT
  'event trigger', 'pg_event_trigger', e.oid, 0, e.evtname,
  pg_get_userbyid(e.evtowner), NULL,
  CAST(json_build_object(
    'event', e.evtevent,
    'function', CAST(e.evtfoid AS regproc),
    'enabled', CAST(e.evtenabled AS text),
    'tags', e.evttags
  ) AS text)
FROM pg_catalog.pg_event_trigger e
WHERE e.oid >= 16384
  AND e.oid NOT IN ($members_pg_event_trigger)
"""

_DEFAULT_PRIVILEGES = """
SELECT
  'default privileges', 'pg_default_acl', d.oid, d.defaclnamespace, CAST(d.defaclobjtype AS text),
  pg_get_userbyid(d.defaclrole), CAST(d.defaclacl AS text[]), '{}'
FROM pg_catalog.pg_default_acl d
"""

_CASTS = """
SELECT
  'cast', 'pg_cast', c.oid, 0,
  concat(format_type(c.castsource, NULL), ' AS ', format_type(c.casttarget, NULL)),
  '', NULL,
  CAST(json_build_object(
    'function', CASE WHEN c.castfunc <> 0 THEN CAST(c.castfunc AS regprocedure) END,
    'context', CAST(c.castcontext AS text),
    'method', CAST(c.castmethod AS text)
  ) AS text)
FROM pg_catalog.pg_cast c
WHERE c.oid >= 16384
  AND c.oid NOT IN ($members_pg_cast)
"""

_COLLATIONS = """
SELECT
  'collation', 'pg_collation', c.oid, c.collnamespace, c.collname,
  pg_get_userbyid(c.collowner), NULL,
  CAST(json_build_object(
    'provider', CAST(c.collprovider AS text),
    'deterministic', c.collisdeterministic,
    'encoding', CASE WHEN c.collencoding >= 0 THEN pg_encoding_to_char(c.collencoding) END,
    'collate', c.collcollate,
    'ctype', c.collctype,
    'locale', $collation_locale,
    'rules', $collation_icu_rules
  ) AS text)
FROM pg_catalog.pg_collation c
WHERE c.oid >= 16384
  AND c.oid NOT IN ($members_pg_collation)
"""

_CONVERSIONS = """
SELECT
  'conversion', 'pg_conversion', c.oid, c.connamespace, c.conname,
  pg_get_userbyid(c.conowner), NULL,
  CAST(json_build_object(
    'from', pg_encoding_to_char(c.conforencoding),
    'to', pg_encoding_to_char(c.contoencoding),
    'function', CAST(c.conproc AS regproc),
    'default', c.condefault
  ) AS text)
FROM pg_catalog.pg_conversion c
WHERE c.oid >= 16384
  AND c.oid NOT IN ($members_pg_conversion)
"""

_OPERATORS = """
SELECT
  'operator', 'pg_operator', o.oid, o.oprnamespace,
  concat(
    o.oprname, '(',
    CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END, ', ',
    CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END, ')'
  ),
  pg_get_userbyid(o.oprowner), NULL,
  CAST(json_build_object(
    'kind', CAST(o.oprkind AS text),
    'result', format_type(o.oprresult, NULL),
    'function', CAST(o.oprcode AS regproc),
    'commutator', CASE WHEN o.oprcom <> 0 THEN CAST(o.oprcom AS regoperator) END,
    'negator', CASE WHEN o.oprnegate <> 0 THEN CAST(o.oprnegate AS regoperator) END,
    'restrict', CASE WHEN CAST(o.oprrest AS oid) <> 0 THEN o.oprrest END,
    'join', CASE WHEN CAST(o.oprjoin AS oid) <> 0 THEN o.oprjoin END,
    'hashes', o.oprcanhash,
    'merges', o.oprcanmerge
  ) AS text)
FROM pg_catalog.pg_operator o
WHERE o.oid >= 16384
  AND o.oid NOT IN ($members_pg_operator)
"""

_OPERATOR_CLASSES = """
SELECT
  'operator class', 'pg_opclass', o.oid, o.opcnamespace, concat(o.opcname, ' USING ', am.amname),
  pg_get_userbyid(o.opcowner), NULL,
  CAST(json_build_object(
    'type', format_type(o.opcintype, NULL),
    'family', concat(family_schema.nspname, '.', family.opfname),
    'default', o.opcdefault,
    'storage', CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END
  ) AS text)
FROM pg_catalog.pg_opclass o
JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod
JOIN pg_catalog.pg_opfamily family ON family.oid = o.opcfamily
JOIN pg_catalog.pg_namespace family_schema ON family_schema.oid = family.opfnamespace
WHERE o.oid >= 16384
  AND o.oid NOT IN ($members_pg_opclass)
"""

# Members of every family: also of a built-in one, when a user added to it.
_OPERATOR_FAMILIES = """
SELECT
  'operator family', 'pg_opfamily', f.oid, f.opfnamespace, concat(f.opfname, ' USING ', am.amname),
  pg_get_userbyid(f.opfowner), NULL,
  CAST(json_build_object('members', members.list) AS text)
FROM pg_catalog.pg_opfamily f
JOIN pg_catalog.pg_am am ON am.oid = f.opfmethod
LEFT JOIN (
  SELECT member.family, json_agg(member.text ORDER BY member.text) AS list
  FROM (
    SELECT
      o.amopfamily AS family,
      concat_ws(' ', 'operator', o.amopstrategy, CAST(o.amopopr AS regoperator),
        'for', format_type(o.amoplefttype, NULL), format_type(o.amoprighttype, NULL),
        CASE WHEN o.amoppurpose = 'o' THEN concat('order by ', sort.opfname) END) AS text
    FROM pg_catalog.pg_amop o
    LEFT JOIN pg_catalog.pg_opfamily sort ON sort.oid = o.amopsortfamily
    WHERE o.oid >= 16384
    UNION ALL
    SELECT
      p.amprocfamily,
      concat_ws(' ', 'function', p.amprocnum, CAST(p.amproc AS regprocedure),
        'for', format_type(p.amproclefttype, NULL), format_type(p.amprocrighttype, NULL))
    FROM pg_catalog.pg_amproc p
    WHERE p.oid >= 16384
  ) member
  GROUP BY member.family
) members ON members.family = f.oid
WHERE (f.oid >= 16384 OR members.family IS NOT NULL)
  AND f.oid NOT IN ($members_pg_opfamily)
"""

_ACCESS_METHODS = """
SELECT
  'access method', 'pg_am', a.oid, 0, a.amname, '', NULL,
  CAST(json_build_object('handler', a.amhandler, 'type', CAST(a.amtype AS text)) AS text)
FROM pg_catalog.pg_am a
WHERE a.oid >= 16384
  AND a.oid NOT IN ($members_pg_am)
"""

_LANGUAGES = """
SELECT
  'language', 'pg_language', l.oid, 0, l.lanname,
  pg_get_userbyid(l.lanowner), CAST(l.lanacl AS text[]),
  CAST(json_build_object(
    'procedural', l.lanispl,
    'trusted', l.lanpltrusted,
    'handler', CASE WHEN l.lanplcallfoid <> 0 THEN CAST(l.lanplcallfoid AS regproc) END,
    'inline', CASE WHEN l.laninline <> 0 THEN CAST(l.laninline AS regproc) END,
    'validator', CASE WHEN l.lanvalidator <> 0 THEN CAST(l.lanvalidator AS regproc) END
  ) AS text)
FROM pg_catalog.pg_language l
WHERE l.oid >= 16384
  AND l.oid NOT IN ($members_pg_language)
"""

_TRANSFORMS = """
SELECT
  'transform', 'pg_transform', t.oid, 0,
  concat(format_type(t.trftype, NULL), ' LANGUAGE ', l.lanname), '', NULL,
  CAST(json_build_object(
    'from sql', CASE WHEN CAST(t.trffromsql AS oid) <> 0 THEN CAST(t.trffromsql AS regprocedure) END,
    'to sql', CASE WHEN CAST(t.trftosql AS oid) <> 0 THEN CAST(t.trftosql AS regprocedure) END
  ) AS text)
FROM pg_catalog.pg_transform t
JOIN pg_catalog.pg_language l ON l.oid = t.trflang
WHERE t.oid >= 16384
  AND t.oid NOT IN ($members_pg_transform)
"""

_TEXT_SEARCH = """
SELECT
  'text search configuration', 'pg_ts_config', c.oid, c.cfgnamespace, c.cfgname,
  pg_get_userbyid(c.cfgowner), NULL,
  CAST(json_build_object(
    'parser', concat(parser_schema.nspname, '.', parser.prsname),
    'mappings', (
      SELECT json_agg(
        concat(token.alias, ' WITH ', CAST(m.mapdict AS regdictionary)) ORDER BY token.alias, m.mapseqno
      )
      FROM pg_catalog.pg_ts_config_map m
      JOIN ts_token_type(c.cfgparser) token ON token.tokid = m.maptokentype
      WHERE m.mapcfg = c.oid
    )
  ) AS text)
FROM pg_catalog.pg_ts_config c
JOIN pg_catalog.pg_ts_parser parser ON parser.oid = c.cfgparser
JOIN pg_catalog.pg_namespace parser_schema ON parser_schema.oid = parser.prsnamespace
WHERE c.oid >= 16384
  AND c.oid NOT IN ($members_pg_ts_config)
UNION ALL
SELECT
  'text search dictionary', 'pg_ts_dict', d.oid, d.dictnamespace, d.dictname,
  pg_get_userbyid(d.dictowner), NULL,
  CAST(json_build_object(
    'template', concat(template_schema.nspname, '.', template.tmplname),
    'options', d.dictinitoption
  ) AS text)
FROM pg_catalog.pg_ts_dict d
JOIN pg_catalog.pg_ts_template template ON template.oid = d.dicttemplate
JOIN pg_catalog.pg_namespace template_schema ON template_schema.oid = template.tmplnamespace
WHERE d.oid >= 16384
  AND d.oid NOT IN ($members_pg_ts_dict)
UNION ALL
SELECT
  'text search parser', 'pg_ts_parser', p.oid, p.prsnamespace, p.prsname, '', NULL,
  CAST(json_build_object(
    'start', p.prsstart, 'token', p.prstoken, 'end', p.prsend,
    'headline', CASE WHEN CAST(p.prsheadline AS oid) <> 0 THEN p.prsheadline END, 'lextypes', p.prslextype
  ) AS text)
FROM pg_catalog.pg_ts_parser p
WHERE p.oid >= 16384
  AND p.oid NOT IN ($members_pg_ts_parser)
UNION ALL
SELECT
  'text search template', 'pg_ts_template', t.oid, t.tmplnamespace, t.tmplname, '', NULL,
  CAST(json_build_object(
    'init', CASE WHEN CAST(t.tmplinit AS oid) <> 0 THEN t.tmplinit END, 'lexize', t.tmpllexize
  ) AS text)
FROM pg_catalog.pg_ts_template t
WHERE t.oid >= 16384
  AND t.oid NOT IN ($members_pg_ts_template)
"""

_STATISTICS_OBJECTS = """
SELECT
  'statistics object', 'pg_statistic_ext', s.oid, s.stxnamespace, s.stxname,
  pg_get_userbyid(s.stxowner), NULL,
  CAST(json_build_object(
    'table', CAST(s.stxrelid AS regclass),
    'columns', pg_get_statisticsobjdef_columns(s.oid),
    'kinds', CAST(CAST(s.stxkind AS text[]) AS text),
    'statistics target', $extended_target
  ) AS text)
FROM pg_catalog.pg_statistic_ext s
WHERE s.oid >= 16384
  AND s.oid NOT IN ($members_pg_statistic_ext)
"""

_PUBLICATIONS = """
SELECT
  'publication', 'pg_publication', p.oid, 0, p.pubname,
  pg_get_userbyid(p.pubowner), NULL,
  CAST(json_build_object(
    'all tables', p.puballtables,
    'all sequences', $publication_all_sequences,
    'actions', concat_ws(', ',
      CASE WHEN p.pubinsert THEN 'insert' END,
      CASE WHEN p.pubupdate THEN 'update' END,
      CASE WHEN p.pubdelete THEN 'delete' END,
      CASE WHEN p.pubtruncate THEN 'truncate' END),
    'via root', p.pubviaroot,
    'generated columns', $publication_generated,
    'schemas', $publication_schemas,
    'tables', (
      SELECT json_agg(
        concat_ws(' ',
          CASE WHEN $publication_except THEN 'EXCEPT' END,
          CAST(r.prrelid AS regclass),
          (
            SELECT concat('(', string_agg(a.attname, ', ' ORDER BY a.attnum), ')')
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = r.prrelid AND a.attnum = ANY ($publication_columns)
            HAVING count(*) > 0
          ),
          concat('WHERE ', $publication_filter)
        ) ORDER BY CAST(CAST(r.prrelid AS regclass) AS text)
      )
      FROM pg_catalog.pg_publication_rel r
      WHERE r.prpubid = p.oid
    )
  ) AS text)
FROM pg_catalog.pg_publication p
WHERE p.oid >= 16384
  AND p.oid NOT IN ($members_pg_publication)
"""

# What a subscription connects to is not read: it may hold a password, and only superusers may see it.
_SUBSCRIPTIONS = """
SELECT
  'subscription', 'pg_subscription', s.oid, 0, s.subname,
  pg_get_userbyid(s.subowner), NULL,
  CAST(json_build_object(
    'enabled', s.subenabled,
    'publications', s.subpublications,
    'slot', s.subslotname,
    'synchronous commit', s.subsynccommit,
    'binary', s.subbinary
  ) AS text)
FROM pg_catalog.pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""

# Options of a user mapping may be passwords: only their names are read.
_FOREIGN = """
SELECT
  'foreign data wrapper', 'pg_foreign_data_wrapper', f.oid, 0, f.fdwname,
  pg_get_userbyid(f.fdwowner), CAST(f.fdwacl AS text[]),
  CAST(json_build_object(
    'handler', CASE WHEN f.fdwhandler <> 0 THEN CAST(f.fdwhandler AS regproc) END,
    'validator', CASE WHEN f.fdwvalidator <> 0 THEN CAST(f.fdwvalidator AS regproc) END,
    'options', f.fdwoptions
  ) AS text)
FROM pg_catalog.pg_foreign_data_wrapper f
WHERE f.oid >= 16384
  AND f.oid NOT IN ($members_pg_foreign_data_wrapper)
UNION ALL
SELECT
  'foreign server', 'pg_foreign_server', s.oid, 0, s.srvname,
  pg_get_userbyid(s.srvowner), CAST(s.srvacl AS text[]),
  CAST(json_build_object(
    'wrapper', wrapper.fdwname, 'type', s.srvtype, 'version', s.srvversion, 'options', s.srvoptions
  ) AS text)
FROM pg_catalog.pg_foreign_server s
JOIN pg_catalog.pg_foreign_data_wrapper wrapper ON wrapper.oid = s.srvfdw
WHERE s.oid >= 16384
  AND s.oid NOT IN ($members_pg_foreign_server)
UNION ALL
SELECT
  'user mapping', 'pg_user_mapping', m.umid, 0, concat(m.usename, ' ON ', m.srvname), '', NULL,
  CAST(json_build_object(
    'options', ARRAY(SELECT split_part(o, '=', 1) FROM unnest(m.umoptions) o ORDER BY 1)
  ) AS text)
FROM pg_catalog.pg_user_mappings m
"""

_SECURITY_LABELS = """
SELECT
  'security label', 'pg_seclabel', l.objoid, 0,
  concat(pg_describe_object(l.classoid, l.objoid, l.objsubid), ' FOR ', l.provider), '', NULL,
  CAST(json_build_object('label', l.label) AS text)
FROM pg_catalog.pg_seclabel l
"""

OBJECTS = "UNION ALL".join(
    (
        _DATABASE,
        _SCHEMAS,
        _EXTENSIONS,
        _EVENT_TRIGGERS,
        _DEFAULT_PRIVILEGES,
        _CASTS,
        _COLLATIONS,
        _CONVERSIONS,
        _OPERATORS,
        _OPERATOR_CLASSES,
        _OPERATOR_FAMILIES,
        _ACCESS_METHODS,
        _LANGUAGES,
        _TRANSFORMS,
        _TEXT_SEARCH,
        _STATISTICS_OBJECTS,
        _PUBLICATIONS,
        _SUBSCRIPTIONS,
        _FOREIGN,
        _SECURITY_LABELS,
    )
)
