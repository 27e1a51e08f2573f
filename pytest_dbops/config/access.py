"""The tables `[access]` and `[access.roles.NAME]`: the matrix of roles and rights that a database must have."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.shapes import Shape, Unfit, some_of, text, words
from pytest_dbops.config.table import Key, Section, Source, Table
from pytest_dbops.core.access.rules import ATTRIBUTES, RIGHTS, AccessRules, ObjectRights, RoleRule

PUBLIC = "PUBLIC"


def _rights(kind: str, example: str) -> Shape[ObjectRights]:
    """A table of names or patterns, each with its rights."""
    listed = _privileges(kind)

    def parse(value: object) -> ObjectRights:
        if not isinstance(value, dict):
            raise Unfit(f"names with their rights are needed, as in {example}")
        try:
            return ObjectRights(tuple((name, listed.parse(rights)) for name, rights in value.items()))
        except Unfit as err:
            raise Unfit(f"{err}, as in {example}") from None

    return Shape(f"names or patterns, each with a list of {_listed(RIGHTS[kind])}", parse)


def _privileges(kind: str) -> Shape[tuple[str, ...]]:
    """A list of rights; upper and lower case are one."""
    allowed = RIGHTS[kind]

    def parse(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Unfit(f'a list of rights is needed, as in ["{allowed[0]}"]')
        return tuple(sorted({_right(item, allowed) for item in value}))

    return Shape(f"list of {_listed(allowed)}", parse)


def _right(value: object, allowed: Sequence[str]) -> str:
    word = value.upper() if isinstance(value, str) else value
    if not isinstance(word, str) or word not in allowed:
        raise Unfit(f"{value!r} is no right on it; there are {', '.join(allowed)}{nearest_hint(value, allowed)}")
    return word


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


OWNER = Key(
    "owner", text(), "the role that owns every schema, table, view, sequence and routine",
    "not judged", 'owner = "accounting_owner"',
)  # fmt: skip
IGNORE = Key(
    "ignore", words("list of patterns"), "roles that are not judged, `*` and `?` as in file names",
    "none", 'ignore = ["cloud_*"]',
)  # fmt: skip
ACCESS = Table(
    "access",
    "Who may do what. What a role has and the matrix has not is found, and what the matrix has and the role has not."
    " `dbops env access` prints the present state of a database in this form.",
    (OWNER, IGNORE),
    tables=("roles",),
)

_TABLES = '{ "*" = ["SELECT"], invoice = ["SELECT", "INSERT"] }'
_COLUMNS = '{ "customer.email" = ["UPDATE"] }'

ROLE_ATTRIBUTES = Key(
    "attributes", some_of(ATTRIBUTES), "what the role is beside its rights", "none", 'attributes = ["login"]',
)  # fmt: skip
MEMBER_OF = Key(
    "member_of", words("list of roles"), "the roles that it belongs to", "none", 'member_of = ["reader"]',
)  # fmt: skip
DATABASE = Key(
    "database", _privileges("database"), "its rights on the database", "none", 'database = ["CONNECT"]',
)  # fmt: skip
SCHEMAS = Key(
    "schemas", _rights("schemas", '{ public = ["USAGE"] }'), "its rights on schemas",
    "none", 'schemas = { public = ["USAGE"] }',
)  # fmt: skip
TABLES = Key(
    "tables", _rights("tables", _TABLES), "its rights on tables and views; of a name and a pattern the name counts",
    "none", f"tables = {_TABLES}",
)  # fmt: skip
COLUMNS = Key(
    "columns", _rights("columns", _COLUMNS), "its rights on single columns, as `table.column`",
    "none", f"columns = {_COLUMNS}",
)  # fmt: skip
SEQUENCES = Key(
    "sequences", _rights("sequences", '{ "*" = ["USAGE"] }'), "its rights on sequences",
    "none", 'sequences = { "*" = ["USAGE"] }',
)  # fmt: skip
FUNCTIONS = Key(
    "functions", _rights("functions", '{ "next_number(bigint)" = ["EXECUTE"] }'),
    "its rights on functions and procedures, named with their arguments, as findings name them",
    "none", 'functions = { "next_number(bigint)" = ["EXECUTE"] }',
)  # fmt: skip
DEFAULT_TABLES = Key(
    "default_tables", _privileges("tables"), "what it gets on tables that will be created",
    "none", 'default_tables = ["SELECT"]',
)  # fmt: skip
DEFAULT_SEQUENCES = Key(
    "default_sequences", _privileges("sequences"), "what it gets on sequences that will be created",
    "none", 'default_sequences = ["USAGE"]',
)  # fmt: skip
DEFAULT_FUNCTIONS = Key(
    "default_functions", _privileges("functions"), "what it gets on functions that will be created",
    "none", 'default_functions = ["EXECUTE"]',
)  # fmt: skip
ROLE = Table(
    "access.roles.NAME",
    "One role. `PUBLIC` stands for every role; where it is not written it is not judged, and where it is, it keeps"
    " what PostgreSQL gives it for each kind that is not written.",
    (ROLE_ATTRIBUTES, MEMBER_OF, DATABASE, SCHEMAS, TABLES, COLUMNS, SEQUENCES, FUNCTIONS, DEFAULT_TABLES,
     DEFAULT_SEQUENCES, DEFAULT_FUNCTIONS),
)  # fmt: skip

_OF_EVERYBODY = RoleRule(
    PUBLIC,
    database=("CONNECT", "TEMPORARY"),
    schemas=ObjectRights((("public", ("USAGE",)),)),
    functions=ObjectRights((("*", ("EXECUTE",)),)),
    default_functions=("EXECUTE",),
)


def read_access(source: Source) -> AccessRules:
    """Return the table `[access]`."""
    section = source.section(ACCESS, "access")
    written = source.as_table(source.as_table(source.document.tables.get("access", {}), ("access",)).get("roles", {}),
                              ("access", "roles"))  # fmt: skip
    rules = AccessRules(
        owner=section.read(OWNER, ""),
        ignore=section.read(IGNORE, ()),
        roles=tuple(_read_role(source.section(ROLE, "access", "roles", name), name) for name in written),
    )
    for rule in rules.roles:
        if rules.ignores(rule.name):
            raise section.error("ignore", f"[access] ignore leaves out role {rule.name!r}, which is declared")
    return rules


def _read_role(section: Section, name: str) -> RoleRule:
    if name == PUBLIC and (section.has(ROLE_ATTRIBUTES) or section.has(MEMBER_OF)):
        raise section.error("", "[access.roles.PUBLIC] is no role of its own: it has no attributes and belongs to none")
    default = _OF_EVERYBODY if name == PUBLIC else RoleRule(name)
    return RoleRule(
        name=name,
        attributes=section.read(ROLE_ATTRIBUTES, ()),
        member_of=section.read(MEMBER_OF, ()),
        database=section.read(DATABASE, default.database),
        schemas=section.read(SCHEMAS, default.schemas),
        tables=section.read(TABLES, default.tables),
        columns=section.read(COLUMNS, default.columns),
        sequences=section.read(SEQUENCES, default.sequences),
        functions=section.read(FUNCTIONS, default.functions),
        default_tables=section.read(DEFAULT_TABLES, default.default_tables),
        default_sequences=section.read(DEFAULT_SEQUENCES, default.default_sequences),
        default_functions=section.read(DEFAULT_FUNCTIONS, default.default_functions),
    )
