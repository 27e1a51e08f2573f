"""The statement that reads the database, schemas, extensions and all rarer kinds of object.

One row each, in eight columns: kind, catalog, oid, schema, name, owner, privileges, attributes (a JSON
object). Whatever belongs to an extension is left out, as is what the server brought itself.
"""

from __future__ import annotations

from collections.abc import Collection

from pytest_dbops.backends.postgresql.catalog.extending_statements import EXTENDING

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
    'access_methods', (SELECT json_object_agg(a.oid, a.amname) FROM pg_catalog.pg_am a),
    'tablespaces', (SELECT json_object_agg(t.oid, t.spcname) FROM pg_catalog.pg_tablespace t),
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
$property_graphs
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
SUBSCRIPTIONS = """
SELECT
  'subscription', 'pg_subscription', s.oid, 0, s.subname,
  pg_get_userbyid(s.subowner), NULL,
  CAST(json_build_object(
    'enabled', s.subenabled,
    'publications', s.subpublications,
    'slot', s.subslotname,
    'synchronous commit', s.subsynccommit,
    'binary', s.subbinary,
    'streaming', CAST(s.substream AS text),
    'two phase', $subscription_two_phase,
    'disable on error', $subscription_disable_on_error,
    'password required', $subscription_password_required,
    'run as owner', $subscription_run_as_owner,
    'origin', $subscription_origin,
    'failover', $subscription_failover
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
  'foreign table', 'pg_foreign_table', t.ftrelid, 0, server.srvname, '', NULL,
  CAST(json_build_object('options', t.ftoptions) AS text)
FROM pg_catalog.pg_foreign_table t
JOIN pg_catalog.pg_foreign_server server ON server.oid = t.ftserver
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

_ALWAYS = (_DATABASE, _SCHEMAS, _EXTENSIONS)

_WHERE_PRESENT = {
    _EVENT_TRIGGERS: ("pg_event_trigger",),
    _DEFAULT_PRIVILEGES: ("pg_default_acl",),
    _COLLATIONS: ("pg_collation",),
    _STATISTICS_OBJECTS: ("pg_statistic_ext",),
    _PUBLICATIONS: ("pg_publication",),
    SUBSCRIPTIONS: ("pg_subscription",),
    _FOREIGN: ("pg_foreign_data_wrapper",),
    _SECURITY_LABELS: ("pg_seclabel",),
    **EXTENDING,
}

RARE_CATALOGS = tuple(sorted({catalog for catalogs in _WHERE_PRESENT.values() for catalog in catalogs}))
"""Catalogs that hold nothing of the user's in most databases."""


def objects_statement(present: Collection[str]) -> str:
    """Return the one statement, without the kinds whose catalogs hold nothing.

    Planning all of it costs three times what the rest does, which is most of reading a small database.
    """
    rare = (text for text, catalogs in _WHERE_PRESENT.items() if not set(catalogs).isdisjoint(present))
    return "UNION ALL".join((*_ALWAYS, *rare))
