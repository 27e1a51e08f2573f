"""Which columns of PostgreSQL's catalogs the picture of a schema is made of, and why not the others.

A test compares this with ``pg_attribute`` on every major at hand: a column of a new major that is not
listed here fails it. ``read`` are named in the statements; ``through`` reach them inside a function
or view that words them; ``unread`` carry the reason. A column that only some majors have is listed once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_dbops.core.frozen import frozen


@frozen
class Coverage:
    """How the columns of one catalog are treated; ``read`` is one text, names parted by blanks."""

    read: str
    through: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """Return every column that is accounted for."""
        return frozenset(self.read.split()) | self.through.keys() | self.unread.keys()


_PHYSICAL = "how rows lie on disk, not what they mean"
_SERVER = "of the server, not of the database"

COVERAGE: Mapping[str, Coverage] = {
    "pg_aggregate": Coverage(
        "aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn "
        "aggmtransfn aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify "
        "aggmfinalmodify aggsortop aggtranstype aggtransspace aggmtranstype aggmtransspace agginitval "
        "aggminitval",
    ),
    "pg_am": Coverage(
        "oid amname amhandler amtype",
    ),
    "pg_amop": Coverage(
        "oid amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopsortfamily",
        unread={
            "amopmethod": "repeats the family's access method",
        },
    ),
    "pg_amproc": Coverage(
        "oid amprocfamily amproclefttype amprocrighttype amprocnum amproc",
    ),
    "pg_attrdef": Coverage(
        "oid adrelid adnum",
        through={
            "adbin": "pg_get_expr",
        },
    ),
    "pg_attribute": Coverage(
        "attrelid attname attstattarget attnum attstorage attcompression attnotnull attidentity "
        "attgenerated attisdropped attislocal attinhcount attcollation attacl attoptions attfdwoptions",
        through={
            "atttypid": "format_type",
            "atttypmod": "format_type",
        },
        unread={
            "attlen": "the type's",
            "attbyval": "the type's",
            "attalign": "the type's",
            "attndims": "the server does not enforce it",
            "attcacheoff": "always -1 on disk",
            "atthasdef": "pg_attrdef says it",
            "atthasmissing": _PHYSICAL,
            "attmissingval": _PHYSICAL,
        },
    ),
    "pg_cast": Coverage(
        "oid castsource casttarget castfunc castcontext castmethod",
    ),
    "pg_class": Coverage(
        "oid relname relnamespace relowner relam reltablespace relpages reltuples reltoastrelid "
        "relpersistence relkind relrowsecurity relforcerowsecurity relispopulated relreplident "
        "relispartition relacl reloptions",
        through={
            "relpartbound": "pg_get_expr",
            "reloftype": "format_type",
        },
        unread={
            "reltype": "the row type is the table itself",
            "relfilenode": _PHYSICAL,
            "relallvisible": "a statistic",
            "relallfrozen": "a statistic",
            "relhasindex": "pg_index says it",
            "relisshared": "only of server catalogs",
            "relnatts": "pg_attribute says it",
            "relchecks": "pg_constraint says it",
            "relhasrules": "pg_rewrite says it",
            "relhastriggers": "pg_trigger says it",
            "relhassubclass": "pg_inherits says it",
            "relrewrite": "only during a rewrite",
            "relfrozenxid": "vacuum state",
            "relminmxid": "vacuum state",
        },
    ),
    "pg_collation": Coverage(
        "oid collname collnamespace collowner collprovider collisdeterministic collencoding collcollate "
        "collctype colliculocale collicurules colllocale",
        unread={
            "collversion": "the library's version when it was made; other checks compare it",
        },
    ),
    "pg_constraint": Coverage(
        "oid conname contype condeferrable condeferred convalidated conrelid contypid conindid "
        "conparentid confrelid confupdtype confdeltype confmatchtype conislocal coninhcount connoinherit "
        "conkey confkey confdelsetcols conenforced conperiod",
        through={
            "conexclop": "pg_get_constraintdef",
            "conbin": "pg_get_expr",
        },
        unread={
            "connamespace": "the table's schema",
            "conpfeqop": "follows from the column types",
            "conppeqop": "follows from the column types",
            "conffeqop": "follows from the column types",
        },
    ),
    "pg_conversion": Coverage(
        "oid conname connamespace conowner conforencoding contoencoding conproc condefault",
    ),
    "pg_database": Coverage(
        "oid datname datdba encoding datcollate datctype datconnlimit datacl datlocprovider daticulocale "
        "daticurules datlocale",
        unread={
            "datistemplate": "how copies are made, not the schema",
            "datallowconn": "operations, not the schema",
            "datlastsysoid": "an oid",
            "datfrozenxid": "vacuum state",
            "datminmxid": "vacuum state",
            "dattablespace": "where the database lies; tables name their own",
            "datcollversion": "the library's version when it was made; other checks compare it",
            "dathasloginevt": "pg_event_trigger says it",
        },
    ),
    "pg_db_role_setting": Coverage(
        "setdatabase setrole setconfig",
    ),
    "pg_default_acl": Coverage(
        "oid defaclrole defaclnamespace defaclobjtype defaclacl",
    ),
    "pg_depend": Coverage(
        "classid objid objsubid refclassid refobjid refobjsubid deptype",
    ),
    "pg_description": Coverage(
        "objoid classoid objsubid description",
    ),
    "pg_enum": Coverage(
        "oid enumtypid enumsortorder enumlabel",
    ),
    "pg_event_trigger": Coverage(
        "oid evtname evtevent evtowner evtfoid evtenabled evttags",
    ),
    "pg_extension": Coverage(
        "oid extname extowner extnamespace extversion",
        unread={
            "extrelocatable": "the extension's version says it",
            "extconfig": "the extension's version says it",
            "extcondition": "the extension's version says it",
        },
    ),
    "pg_foreign_data_wrapper": Coverage(
        "oid fdwname fdwowner fdwhandler fdwvalidator fdwacl fdwoptions",
    ),
    "pg_foreign_server": Coverage(
        "oid srvname srvowner srvfdw srvtype srvversion srvacl srvoptions",
    ),
    "pg_foreign_table": Coverage(
        "ftrelid ftserver ftoptions",
    ),
    "pg_index": Coverage(
        "indexrelid indrelid indnatts indnkeyatts indisunique indisprimary indimmediate indisclustered "
        "indisvalid indisready indislive indisreplident indkey indcollation indclass indoption "
        "indnullsnotdistinct",
        through={
            "indexprs": "pg_get_indexdef",
            "indpred": "pg_get_expr",
        },
        unread={
            "indisexclusion": "pg_constraint says it",
            "indcheckxmin": "transient",
        },
    ),
    "pg_inherits": Coverage(
        "inhrelid inhparent inhseqno inhdetachpending",
    ),
    "pg_language": Coverage(
        "oid lanname lanowner lanispl lanpltrusted lanplcallfoid laninline lanvalidator lanacl",
    ),
    "pg_namespace": Coverage(
        "oid nspname nspowner nspacl",
    ),
    "pg_opclass": Coverage(
        "oid opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype",
    ),
    "pg_operator": Coverage(
        "oid oprname oprnamespace oprowner oprkind oprcanmerge oprcanhash oprleft oprright oprresult "
        "oprcom oprnegate oprcode oprrest oprjoin",
    ),
    "pg_opfamily": Coverage(
        "oid opfmethod opfname opfnamespace opfowner",
    ),
    "pg_partitioned_table": Coverage(
        "",
        through={
            "partrelid": "pg_get_partkeydef",
            "partstrat": "pg_get_partkeydef",
            "partnatts": "pg_get_partkeydef",
            "partattrs": "pg_get_partkeydef",
            "partclass": "pg_get_partkeydef",
            "partcollation": "pg_get_partkeydef",
            "partexprs": "pg_get_partkeydef",
        },
        unread={
            "partdefid": "the default partition's bound says it",
        },
    ),
    "pg_policy": Coverage(
        "oid polname polrelid polcmd polpermissive polroles",
        through={
            "polqual": "pg_get_expr",
            "polwithcheck": "pg_get_expr",
        },
    ),
    "pg_proc": Coverage(
        "oid proname pronamespace proowner prolang procost prorows prosupport prokind prosecdef "
        "proleakproof proisstrict proretset provolatile proparallel protrftypes prosrc probin proconfig "
        "proacl",
        through={
            "provariadic": "pg_get_function_arguments",
            "pronargs": "pg_get_function_arguments",
            "pronargdefaults": "pg_get_function_arguments",
            "proargtypes": "pg_get_function_arguments",
            "proallargtypes": "pg_get_function_arguments",
            "proargmodes": "pg_get_function_arguments",
            "proargnames": "pg_get_function_arguments",
            "proargdefaults": "pg_get_function_arguments",
            "prorettype": "pg_get_function_result",
            "prosqlbody": "pg_get_function_sqlbody",
        },
    ),
    "pg_publication": Coverage(
        "oid pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot "
        "pubgencols puballsequences",
    ),
    "pg_publication_rel": Coverage(
        "oid prpubid prrelid prattrs prexcept",
        through={
            "prqual": "pg_get_expr",
        },
    ),
    "pg_range": Coverage(
        "rngtypid rngsubtype rngmultitypid rngcollation rngsubopc rngcanonical rngsubdiff",
    ),
    "pg_rewrite": Coverage(
        "oid rulename ev_class ev_enabled",
        through={
            "ev_type": "pg_get_ruledef",
            "is_instead": "pg_get_ruledef",
            "ev_qual": "pg_get_ruledef",
            "ev_action": "pg_get_ruledef",
        },
    ),
    "pg_seclabel": Coverage(
        "objoid classoid objsubid provider label",
    ),
    "pg_sequence": Coverage(
        "seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle",
    ),
    "pg_shdescription": Coverage(
        "objoid classoid description",
    ),
    "pg_statistic_ext": Coverage(
        "oid stxrelid stxname stxnamespace stxowner stxstattarget stxkind",
        through={
            "stxkeys": "pg_get_statisticsobjdef_columns",
            "stxexprs": "pg_get_statisticsobjdef_columns",
        },
    ),
    "pg_subscription": Coverage(
        "oid subdbid subname subowner subenabled subbinary substream subslotname subsynccommit "
        "subpublications subtwophasestate subdisableonerr subpasswordrequired subrunasowner suborigin "
        "subfailover",
        unread={
            "subconninfo": "may hold a password; only superusers may read it",
            "subskiplsn": "operations, not the schema",
            "subretaindeadtuples": "operations, not the schema",
            "submaxretention": "operations, not the schema",
            "subretentionactive": "operations, not the schema",
        },
    ),
    "pg_tablespace": Coverage(
        "oid spcname",
        unread={
            "spcowner": _SERVER,
            "spcacl": _SERVER,
            "spcoptions": _SERVER,
        },
    ),
    "pg_transform": Coverage(
        "oid trftype trflang trffromsql trftosql",
    ),
    "pg_trigger": Coverage(
        "oid tgrelid tgparentid tgname tgfoid tgenabled tgisinternal tgconstraint",
        through={
            "tgtype": "pg_get_triggerdef",
            "tgdeferrable": "pg_get_triggerdef",
            "tginitdeferred": "pg_get_triggerdef",
            "tgnargs": "pg_get_triggerdef",
            "tgattr": "pg_get_triggerdef",
            "tgargs": "pg_get_triggerdef",
            "tgqual": "pg_get_triggerdef",
            "tgoldtable": "pg_get_triggerdef",
            "tgnewtable": "pg_get_triggerdef",
        },
        unread={
            "tgconstrrelid": "pg_constraint says it",
            "tgconstrindid": "pg_constraint says it",
        },
    ),
    "pg_ts_config": Coverage(
        "oid cfgname cfgnamespace cfgowner cfgparser",
    ),
    "pg_ts_config_map": Coverage(
        "mapcfg maptokentype mapseqno mapdict",
    ),
    "pg_ts_dict": Coverage(
        "oid dictname dictnamespace dictowner dicttemplate dictinitoption",
    ),
    "pg_ts_parser": Coverage(
        "oid prsname prsnamespace prsstart prstoken prsend prsheadline prslextype",
    ),
    "pg_ts_template": Coverage(
        "oid tmplname tmplnamespace tmplinit tmpllexize",
    ),
    "pg_type": Coverage(
        "oid typname typnamespace typowner typlen typbyval typtype typcategory typispreferred "
        "typisdefined typdelim typrelid typsubscript typelem typinput typoutput typreceive typsend "
        "typmodin typmodout typanalyze typalign typstorage typnotnull typbasetype typtypmod typcollation "
        "typdefaultbin typdefault typacl",
        unread={
            "typndims": "the server does not enforce it",
            "typarray": "follows from the type",
        },
    ),
    "pg_user_mapping": Coverage(
        "",
        through={
            "oid": "pg_user_mappings",
            "umuser": "pg_user_mappings",
            "umserver": "pg_user_mappings",
            "umoptions": "pg_user_mappings",
        },
    ),
    "pg_publication_namespace": Coverage(
        "oid pnpubid pnnspid",
    ),
}

NOT_READ: Mapping[str, str] = {
    "pg_auth_members": "roles belong to the server",
    "pg_authid": "roles belong to the server",
    "pg_init_privs": "what extensions and the server granted, kept for pg_dump",
    "pg_largeobject": "rows",
    "pg_largeobject_metadata": "rows",
    "pg_parameter_acl": _SERVER,
    "pg_replication_origin": "state of the server",
    "pg_shdepend": "follows from owners and privileges",
    "pg_shseclabel": "of the server and its databases",
    "pg_statistic": "statistics",
    "pg_statistic_ext_data": "statistics",
    "pg_subscription_rel": "state of replication",
    "pg_propgraph_element": "pg_get_propgraphdef words the whole graph",
    "pg_propgraph_element_label": "pg_get_propgraphdef words the whole graph",
    "pg_propgraph_label": "pg_get_propgraphdef words the whole graph",
    "pg_propgraph_label_property": "pg_get_propgraphdef words the whole graph",
    "pg_propgraph_property": "pg_get_propgraphdef words the whole graph",
}
"""Catalogs of which nothing is read, and why."""
