"""The keys of `[env.NAME]` that make up its policy: defaults of the kind, overridden one by one."""

from __future__ import annotations

import re

from pytest_dbops.config.locks import read_locks
from pytest_dbops.config.shapes import Shape, Unfit, flag, level, members, seconds, text, whole
from pytest_dbops.config.table import Key, Section, Source, Table
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.environment import (
    DEFAULT_POLICIES,
    DeployNeed,
    Kind,
    Policy,
    RequiredVariable,
    Requirement,
    Seeding,
)
from pytest_dbops.core.errors import ConfigError

LEVEL_VARIABLE = "LOG_LEVEL"
LEVEL_OPTION = "logging.level"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BY_KIND = "by kind"


def _required_variables() -> Shape[tuple[RequiredVariable, ...]]:
    def parse(value: object) -> tuple[RequiredVariable, ...]:
        if not isinstance(value, list):
            raise Unfit('a list is needed, as in ["JWT_SECRET"] or [{ name = "JWT_SECRET", min_length = 32 }]')
        return tuple(_required_variable(item) for item in value)

    return Shape("list of names, or of `{ name, min_length }`", parse)


def _required_variable(item: object) -> RequiredVariable:
    given = {"name": item} if isinstance(item, str) else item
    if not isinstance(given, dict) or not set(given) <= {"name", "min_length"} or "name" not in given:
        raise Unfit('each is a name, or { name = "JWT_SECRET", min_length = 32 }')
    name, length = given["name"], given.get("min_length", 1)
    if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
        raise Unfit("a name is letters, digits and _, not a value")
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise Unfit(f"min_length of {name} is a whole number from 1 up")
    return RequiredVariable(name, length)


REQUIRE = Key(
    "require", members(Requirement), "what the gate demands of the environment",
    _BY_KIND, 'require = ["tls", "anonymized", "recent_backup"]',
)  # fmt: skip
MAY_WRITE = Key("may_write", flag(), "whether operations asked for by name may write", _BY_KIND, "may_write = false")
MAY_DESTROY = Key(
    "may_destroy", flag(), "whether operations asked for by name may drop or overwrite data",
    _BY_KIND, "may_destroy = false",
)  # fmt: skip
MAY_SEED = Key("may_seed", flag(), "whether seeders may run", _BY_KIND, "may_seed = true")
MAX_CONNECTIONS = Key(
    "max_connections", whole(1), "most connections this project opens at once",
    _BY_KIND, "max_connections = 20",
)  # fmt: skip
CONNECT_TIMEOUT = Key(
    "connect_timeout_s", seconds(), "longest wait for a connection", _BY_KIND, "connect_timeout_s = 10",
)  # fmt: skip
STATEMENT_TIMEOUT = Key(
    "statement_timeout_s", seconds(), "longest time of one statement", _BY_KIND, "statement_timeout_s = 60",
)  # fmt: skip
LOCK_TIMEOUT = Key("lock_timeout_s", seconds(), "longest wait for a lock", _BY_KIND, "lock_timeout_s = 2")
LOG_LEVEL = Key(
    "log_level", level(), "least level that is logged; the variable `LOG_LEVEL` comes first",
    _BY_KIND, 'log_level = "INFO"',
)  # fmt: skip
LOG_STATEMENTS = Key("log_statements", flag(), "whether statements are logged", _BY_KIND, "log_statements = false")
ENCRYPTION = Key(
    "encryption", flag(), "whether columns marked as encrypted must be encrypted; needs `ENCRYPTION_KEY`",
    _BY_KIND, "encryption = true",
)  # fmt: skip
AUDITING = Key("auditing", flag(), "whether changes must leave an audit trail", _BY_KIND, "auditing = true")
REQUIRED_VARIABLES = Key(
    "required_variables", _required_variables(),
    "variables that must be set, and their least length in characters; values are never shown",
    "none", 'required_variables = [{ name = "JWT_SECRET", min_length = 32 }]', may_show=False,
)  # fmt: skip
DEPLOY_NEEDS = Key(
    "deploy_needs", members(DeployNeed), "what there must be before a deploy; `--force` overrides it by name",
    _BY_KIND, 'deploy_needs = ["verified_backup", "full_gate"]',
)  # fmt: skip
ENVIRONMENT_POLICY_KEYS = (
    REQUIRE, DEPLOY_NEEDS, MAY_WRITE, MAY_DESTROY, MAY_SEED, MAX_CONNECTIONS, CONNECT_TIMEOUT, STATEMENT_TIMEOUT,
    LOCK_TIMEOUT, LOG_LEVEL, LOG_STATEMENTS, ENCRYPTION, AUDITING, REQUIRED_VARIABLES,
)  # fmt: skip

SEEDING_ENABLED = Key("enabled", flag(), "whether the environment holds seed data at all", _BY_KIND, "enabled = true")
DEMO = Key("demo", flag(), "whether it holds demonstration data beside reference data", _BY_KIND, "demo = false")
ORGANIZATIONS = Key("organizations", whole(0), "how many organizations are seeded", _BY_KIND, "organizations = 4")
CUSTOMERS = Key("customers", whole(0), "how many customers each organization gets", _BY_KIND, "customers = 20")
SEEDING_ROLE = Key(
    "role", text(), "the PostgreSQL role, with `BYPASSRLS`, that seeders act as, past row-level security",
    "none, tenant by tenant", 'role = "seeder"',
)  # fmt: skip
SEEDING = Table(
    "env.NAME.seeding",
    "Which seed data the environment holds, and how much.",
    (SEEDING_ENABLED, DEMO, ORGANIZATIONS, CUSTOMERS, SEEDING_ROLE),
)

LOGGING_LEVEL = Key(
    "level", level(), "least level that is logged, in environments that give none of their own",
    "that of the kind", 'level = "INFO"',
)  # fmt: skip


def read_policy(source: Source, section: Section, name: str, kind: Kind, variables: Variables) -> Policy:
    """Return the policy of one environment: the kind's defaults, overridden by what its tables give."""
    default, origin = DEFAULT_POLICIES[kind], f"default of {kind.value}"
    return Policy(
        may_write=section.read(MAY_WRITE, default.may_write, origin=origin),
        may_destroy=section.read(MAY_DESTROY, default.may_destroy, origin=origin),
        may_seed=section.read(MAY_SEED, default.may_seed, origin=origin),
        require=section.read(REQUIRE, default.require, origin=origin),
        max_connections=section.read(MAX_CONNECTIONS, default.max_connections, origin=origin),
        connect_timeout_s=section.read(CONNECT_TIMEOUT, default.connect_timeout_s, origin=origin),
        statement_timeout_s=section.read(STATEMENT_TIMEOUT, default.statement_timeout_s, origin=origin),
        lock_timeout_s=section.read(LOCK_TIMEOUT, default.lock_timeout_s, origin=origin),
        log_level=_read_level(source, section, default.log_level, kind, variables),
        log_statements=section.read(LOG_STATEMENTS, default.log_statements, origin=origin),
        encryption=section.read(ENCRYPTION, default.encryption, origin=origin),
        auditing=section.read(AUDITING, default.auditing, origin=origin),
        seeding=_read_seeding(source, name, default.seeding, origin),
        required_variables=section.read(REQUIRED_VARIABLES, default.required_variables, origin=origin),
        locks=read_locks(source, name, default.locks, origin),
        deploy_needs=section.read(DEPLOY_NEEDS, default.deploy_needs, origin=origin),
    )


def _read_seeding(source: Source, name: str, default: Seeding, origin: str) -> Seeding:
    section = source.section(SEEDING, "env", name, "seeding")
    return Seeding(
        enabled=section.read(SEEDING_ENABLED, default.enabled, origin=origin),
        demo=section.read(DEMO, default.demo, origin=origin),
        organizations=section.read(ORGANIZATIONS, default.organizations, origin=origin),
        customers=section.read(CUSTOMERS, default.customers, origin=origin),
        role=section.read(SEEDING_ROLE, default.role, origin=origin),
    )


def _read_level(source: Source, section: Section, default: str, kind: Kind, variables: Variables) -> str:
    """Return the level in force: option, variable, `[env.NAME]`, `[logging]`, kind."""
    own = section.read(LOG_LEVEL, default, origin=f"default of {kind.value}")
    general = source.as_table(source.document.tables.get("logging", {}), ("logging",)).get("level")
    if LEVEL_OPTION in source.options:
        section.note("log_level", "command line")
        return _fit_level(source.options[LEVEL_OPTION], "command line: logging.level")
    if chosen := variables.get(LEVEL_VARIABLE):
        section.note("log_level", variables.origin(LEVEL_VARIABLE))
        return _fit_level(chosen, variables.origin(LEVEL_VARIABLE))
    if section.has(LOG_LEVEL) or general is None:
        return own
    place = source.document.place(("logging", "level"))
    section.note("log_level", place)
    return _fit_level(general, f"{place}: [logging] level")


def _fit_level(value: object, where: str) -> str:
    try:
        return LOGGING_LEVEL.shape.parse(value)
    except Unfit as err:
        raise ConfigError(f"{where} is {value!r}; {err}") from None
