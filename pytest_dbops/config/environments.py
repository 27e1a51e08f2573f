"""The tables `[env.NAME]`, `[env.NAME.seeding]` and `[env.NAME.expect]`: environments with their policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.policies import ENVIRONMENT_POLICY_KEYS, read_policy
from pytest_dbops.config.references import DIALECTS, Form, Reference, dialect_of, parse_reference
from pytest_dbops.config.shapes import member, one_of, text
from pytest_dbops.config.table import Key, Section, Source, Table
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.environment import Environment, Expectation, Kind

URL_VARIABLE = "DATABASE_URL"
ENVIRONMENT_VARIABLE = "DBOPS_ENV"
BUILT_IN = (Kind.DEVELOPMENT.value, Kind.TESTING.value)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
_EMBEDDED = {Kind.DEVELOPMENT: "sqlite", Kind.TESTING: "postgresql"}

URL = Key(
    "url", text(), "reference to the URL of the database", "embedded for development and testing",
    'url = "env:STAGING_DATABASE_URL"', may_show=False,
)  # fmt: skip
KIND = Key(
    "kind", member(Kind), "what the environment is for; gives the defaults of all that follows",
    "the name, where it is one of these words", 'kind = "staging"',
)  # fmt: skip
DIALECT = Key(
    "dialect", one_of(DIALECTS), "the product it runs on, where the reference does not tell",
    "postgresql for `env:`, `file:` and `cmd:`", 'dialect = "postgresql"',
)  # fmt: skip
POOLER = Key(
    "pooler", text(), "reference to the URL of PgBouncer's console (database `pgbouncer`), which CON023 asks",
    "none", 'pooler = "env:STAGING_PGBOUNCER_URL"', may_show=False,
)  # fmt: skip
ENVIRONMENT = Table(
    "env.NAME",
    "One environment. `development` and `testing` exist without being written; what is written overrides the"
    " defaults of the kind key by key.",
    (URL, KIND, DIALECT, POOLER, *ENVIRONMENT_POLICY_KEYS),
    tables=("seeding", "locks", "expect"),
)

HOST = Key("host", text(), "address or name the server must have", "not judged", 'host = "db.staging.example.com"')
DATABASE = Key("database", text(), "name the database must have", "not judged", 'database = "accounting"')
MARKER = Key("marker", text(), "environment the database itself must be marked as", "not judged", 'marker = "staging"')
ROLE = Key("role", text(), "role the session must be logged in as", "not judged", 'role = "gate"')
EXPECT = Table(
    "env.NAME.expect",
    "What must be found behind the URL before anything is read; another answer is refused.",
    (HOST, DATABASE, MARKER, ROLE),
)


def read_environments(source: Source, variables: Variables) -> Mapping[str, Environment]:
    """Return all environments by name, built-in ones first; no reference is resolved."""
    written = source.as_table(source.document.tables.get("env", {}), ("env",))
    names = dict.fromkeys((*BUILT_IN, *written))
    return MappingProxyType({name: _read_environment(source, name, variables) for name in names})


def selected_name(source: Source, variables: Variables) -> str:
    """Return the environment that is meant when none is named: option, then DBOPS_ENV, then development."""
    option = source.options.get("environment")
    if isinstance(option, str):
        source.origins["environment"] = "command line"
        return option
    if chosen := variables.get(ENVIRONMENT_VARIABLE):
        source.origins["environment"] = variables.origin(ENVIRONMENT_VARIABLE)
        return chosen
    source.origins["environment"] = "default"
    return Kind.DEVELOPMENT.value


def _read_environment(source: Source, name: str, variables: Variables) -> Environment:
    section = source.section(ENVIRONMENT, "env", name)
    if not _NAME.fullmatch(name):
        rule = "a name has letters, digits, - and _, begins with a letter, at most 48"
        raise section.error("", f"{section.title}: {rule}")
    source.origins[f"env.{name}"] = source.document.place(("env", name))
    kind = _read_kind(section, name)
    reference = _read_reference(section, name, kind, variables)
    return Environment(
        name=name,
        kind=kind,
        dialect=_read_dialect(section, reference, variables),
        url=None,
        url_reference=reference.written if reference else "",
        policy=read_policy(source, section, name, kind, variables),
        expect=_read_expectation(source, name),
        pooler_reference=_read_pooler(section, name),
    )


def _read_kind(section: Section, name: str) -> Kind:
    own = Kind(name) if name in {kind.value for kind in Kind} else None
    if own is None and not section.has(KIND):
        near = nearest_hint(name, [kind.value for kind in Kind])
        raise section.error("", f"[env.{name}] lacks 'kind'{near} (add: {KIND.example})")
    kind = section.read(KIND, own or Kind.DEVELOPMENT, origin="name of the environment")
    if own is not None and kind is not own:
        raise section.error("kind", f"[env.{name}] is of kind {kind.value!r}, which contradicts its name (rename one)")
    return kind


def _read_reference(section: Section, name: str, kind: Kind, variables: Variables) -> Reference | None:
    """Return where the database is; None for a guarded environment of which nothing says it."""
    if section.has(URL):
        try:
            reference = parse_reference(section.read(URL, ""))
        except ValueError as err:
            raise section.error("url", f"[env.{name}] url {err}") from None
        if reference.form is Form.EMBEDDED and kind not in _EMBEDDED:
            raise section.error("url", f"[env.{name}] url: an environment of kind {kind.value!r} cannot be embedded")
        return reference
    # The pair is deliberate: a DATABASE_URL of another purpose must never become a target by itself.
    chosen = variables.get(ENVIRONMENT_VARIABLE) or Kind.DEVELOPMENT.value
    if variables.get(URL_VARIABLE) and name == chosen:
        section.note("url", variables.origin(URL_VARIABLE))
        return Reference(Form.ENV, URL_VARIABLE)
    section.note("url", f"default of {kind.value}")
    return Reference(Form.EMBEDDED, _EMBEDDED[kind]) if kind in _EMBEDDED else None


def _read_pooler(section: Section, name: str) -> str:
    """Return where the pooler's console is; nothing where none is declared."""
    if not section.has(POOLER):
        return ""
    try:
        reference = parse_reference(section.read(POOLER, ""))
    except ValueError as err:
        raise section.error("pooler", f"[env.{name}] pooler {err}") from None
    if reference.form is Form.EMBEDDED or reference.dialect == "sqlite":
        raise section.error("pooler", f"[env.{name}] pooler leads to no PgBouncer; give the URL of its console")
    return reference.written


def _read_dialect(section: Section, reference: Reference | None, variables: Variables) -> str:
    known = reference.dialect if reference else None
    if reference and not section.has(URL) and reference.form is Form.ENV:
        known = dialect_of(variables.get(URL_VARIABLE))
    dialect = section.read(DIALECT, known or "postgresql", origin="url" if known else "default")
    if known and dialect != known:
        raise section.error("dialect", f"{section.title} dialect is {dialect!r}, but its url is of {known!r}")
    return dialect


def _read_expectation(source: Source, name: str) -> Expectation:
    section = source.section(EXPECT, "env", name, "expect")

    def given(key: Key[Any]) -> str | None:
        return section.read(key, None) if section.has(key) else None

    return Expectation(host=given(HOST), database=given(DATABASE), marker=given(MARKER), role=given(ROLE))
