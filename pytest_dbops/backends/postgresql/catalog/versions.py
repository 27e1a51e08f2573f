"""Which majors can be read, and what the catalogs of each call a thing."""

from __future__ import annotations

from functools import lru_cache
from string import Template

from pytest_dbops.core.frozen import frozen

OLDEST_MAJOR = 14
NEWEST_MAJOR = 19


@frozen
class Variant:
    """An expression that only exists from one major on, and what stands for it before."""

    since: int
    expression: str
    before: str


VARIANTS: dict[str, tuple[Variant, ...]] = {
    "nulls_not_distinct": (Variant(15, "i.indnullsnotdistinct", "FALSE"),),
    "delete_columns": (Variant(15, "c.confdelsetcols", "CAST(NULL AS smallint[])"),),
    "is_enforced": (Variant(18, "c.conenforced", "TRUE"),),
    "is_period": (Variant(18, "c.conperiod", "FALSE"),),
    "statistics_target": (Variant(17, "a.attstattarget", "NULLIF(a.attstattarget, -1)"),),
    "extended_target": (Variant(17, "s.stxstattarget", "NULLIF(s.stxstattarget, -1)"),),
    "locale_provider": (Variant(15, "CAST(d.datlocprovider AS text)", "'c'"),),
    "database_locale": (
        Variant(17, "d.datlocale", "d.daticulocale"),
        Variant(15, "d.daticulocale", "CAST(NULL AS text)"),
    ),
    "database_icu_rules": (Variant(16, "d.daticurules", "CAST(NULL AS text)"),),
    "collation_locale": (
        Variant(17, "c.colllocale", "c.colliculocale"),
        Variant(15, "c.colliculocale", "CAST(NULL AS text)"),
    ),
    "collation_icu_rules": (Variant(16, "c.collicurules", "CAST(NULL AS text)"),),
    "publication_filter": (Variant(15, "pg_get_expr(r.prqual, r.prrelid)", "CAST(NULL AS text)"),),
    "publication_columns": (Variant(15, "r.prattrs", "CAST(NULL AS int2vector)"),),
    "publication_except": (Variant(19, "r.prexcept", "FALSE"),),
    "publication_all_sequences": (Variant(19, "p.puballsequences", "FALSE"),),
    "publication_generated": (Variant(18, "CAST(p.pubgencols AS text)", "'n'"),),
    "subscription_two_phase": (Variant(15, "s.subtwophasestate <> 'd'", "FALSE"),),
    "subscription_disable_on_error": (Variant(15, "s.subdisableonerr", "FALSE"),),
    "subscription_password_required": (Variant(16, "s.subpasswordrequired", "TRUE"),),
    "subscription_run_as_owner": (Variant(16, "s.subrunasowner", "FALSE"),),
    "subscription_origin": (Variant(16, "s.suborigin", "'any'"),),
    "subscription_failover": (Variant(17, "s.subfailover", "FALSE"),),
    "property_graphs": (
        Variant(
            19,
            """UNION ALL
SELECT
  'property graph', 'pg_class', g.oid, g.relnamespace, g.relname,
  pg_get_userbyid(g.relowner), CAST(g.relacl AS text[]),
  CAST(json_build_object('definition', pg_get_propgraphdef(g.oid)) AS text)
FROM pg_catalog.pg_class g
WHERE g.relkind = 'g'
  AND g.oid >= 16384
""",
            "",
        ),
    ),
    "publication_schemas_marked": (
        Variant(
            15,
            "UNION ALL SELECT 0, hash_record_extended(ROW(n.ctid, n.xmin), 0), 0"
            " FROM pg_catalog.pg_publication_namespace n",
            "",
        ),
    ),
    "publication_schemas": (
        Variant(
            15,
            "(SELECT json_agg(n.nspname ORDER BY n.nspname)"
            " FROM pg_catalog.pg_publication_namespace pn"
            " JOIN pg_catalog.pg_namespace n ON n.oid = pn.pnnspid"
            " WHERE pn.pnpubid = p.oid)",
            "CAST(NULL AS json)",
        ),
    ),
}
"""Template name -> its variants, the newest first. A name not listed here is the same everywhere."""


_MEMBERS_OF_EXTENSIONS = Template(
    """
    SELECT member.objid
    FROM pg_catalog.pg_depend member
    WHERE member.classid = CAST('pg_catalog.$catalog' AS regclass)
      AND member.refclassid = CAST('pg_catalog.pg_extension' AS regclass)
      AND member.deptype = 'e'
  """
)

_CATALOGS_WITH_MEMBERS = (
    "pg_am",
    "pg_cast",
    "pg_class",
    "pg_collation",
    "pg_conversion",
    "pg_event_trigger",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_language",
    "pg_opclass",
    "pg_operator",
    "pg_opfamily",
    "pg_proc",
    "pg_publication",
    "pg_statistic_ext",
    "pg_transform",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_type",
)


@lru_cache(maxsize=64)
def for_major(sql: str, major: int) -> str:
    """Return a statement's text as one major understands it; majors from the future as the newest.

    ``$name`` stands for a variant, ``$members_pg_x`` for the oids of one catalog that extensions own.
    """
    variants = {name: _expression(variants, major) for name, variants in VARIANTS.items()}
    members = {
        f"members_{catalog}": _MEMBERS_OF_EXTENSIONS.substitute(catalog=catalog) for catalog in _CATALOGS_WITH_MEMBERS
    }
    return Template(sql).substitute(variants | members)


def _expression(variants: tuple[Variant, ...], major: int) -> str:
    for variant in variants:
        if major >= variant.since:
            return variant.expression
    return variants[-1].before
