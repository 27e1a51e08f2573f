"""The statements that read what extends the server itself: casts, operators, languages, text search.

Each returns the eight columns of `object_statements`, into whose one statement they go.
"""

from __future__ import annotations

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

EXTENDING = {
    _CASTS: ("pg_cast",),
    _CONVERSIONS: ("pg_conversion",),
    _OPERATORS: ("pg_operator",),
    _OPERATOR_CLASSES: ("pg_opclass",),
    _OPERATOR_FAMILIES: (
        "pg_opfamily",
        "pg_amop",
        "pg_amproc",
    ),
    _ACCESS_METHODS: ("pg_am",),
    _LANGUAGES: ("pg_language",),
    _TRANSFORMS: ("pg_transform",),
    _TEXT_SEARCH: (
        "pg_ts_config",
        "pg_ts_dict",
        "pg_ts_parser",
        "pg_ts_template",
    ),
}
"""Each text with the catalogs of which at least one must hold something of the user's."""
