"""Load the configuration of a project: file, `.env`, variables and command line, judged without a connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

from pytest_dbops.config.access import ACCESS, ROLE, read_access
from pytest_dbops.config.audit import AUDIT, read_audit
from pytest_dbops.config.document import FILE_NAME, Document, empty_document, find_config, load_document
from pytest_dbops.config.encryption import mask_key
from pytest_dbops.config.environments import ENVIRONMENT, EXPECT, read_environments, selected_name
from pytest_dbops.config.fixtures import FIXTURES, read_fixtures
from pytest_dbops.config.gate import CHECK, GATE, read_check_settings, read_gate
from pytest_dbops.config.keys import KEY, read_keys
from pytest_dbops.config.locks import LOCKS
from pytest_dbops.config.maintenance import ARCHIVE, MAINTENANCE, read_archives, read_maintenance
from pytest_dbops.config.migrations import MIGRATIONS, read_migrations
from pytest_dbops.config.model import Config, Logging
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.policies import LOGGING_LEVEL, SEEDING
from pytest_dbops.config.project import PROJECT, read_project
from pytest_dbops.config.references import Form
from pytest_dbops.config.scratch import SCRATCH, SETTINGS, read_scratch
from pytest_dbops.config.secrets import KEY_VARIABLE, known_secrets
from pytest_dbops.config.shapes import text
from pytest_dbops.config.table import Key, Source, Table, dotted
from pytest_dbops.config.tenancy import COLUMNS, EXEMPT, TENANCY, read_tenancy
from pytest_dbops.config.variables import load_variables
from pytest_dbops.config.waivers import WAIVER, read_waivers
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import SecretMask

__all__ = ["TABLES", "default_config", "find_config", "load_config"]

LOGGING_DIR = Key(
    "dir", text(), "folder in which each area writes its own file (`database-staging.log`, `migrations.log`, ...)",
    "no files", 'dir = "logs"',
)  # fmt: skip
LOGGING = Table("logging", "Where logs go.", (LOGGING_DIR, LOGGING_LEVEL))

TABLES = (
    PROJECT, MIGRATIONS, ENVIRONMENT, SEEDING, LOCKS, EXPECT, TENANCY, COLUMNS, EXEMPT, ACCESS, ROLE, AUDIT, GATE,
    CHECK, WAIVER, KEY, SCRATCH, SETTINGS, FIXTURES, LOGGING, MAINTENANCE, ARCHIVE,
)  # fmt: skip
"""Every table the file may hold, in the order of the reference page."""

OPTIONS = frozenset(
    {"environment", "logging.level", "logging.dir"}
    | {f"{table.name}.{key.name}" for table in (PROJECT, GATE, SCRATCH) for key in table.keys}
)
"""Dotted keys that the command line may override."""


def load_config(
    path: Path,
    *,
    variables: Mapping[str, str],
    env_file: Path | None = None,
    options: Mapping[str, object] = MappingProxyType({}),
    today: date | None = None,
    mask: SecretMask | None = None,
) -> Config:
    """Return the configuration of the project whose file is `path`; nothing is resolved or connected.

    variables: the process environment. env_file: `.env` beside the file when None; one that is given must exist.
    options: what the command line overrides, by dotted key (`gate.fail_on`), `environment` among them.
    today: the day waivers are measured from; the clock's day in UTC when None.
    mask: learns the secrets, and becomes the configuration's own; give it where several loads speak to one reader.
    Raises ConfigError in one line, with file and line, for the first thing that is wrong.
    """
    return _build(path, load_document(path), variables, env_file, options, today, mask)


def default_config(
    root: Path,
    *,
    variables: Mapping[str, str],
    env_file: Path | None = None,
    options: Mapping[str, object] = MappingProxyType({}),
    mask: SecretMask | None = None,
) -> Config:
    """Return the configuration of a project without a file: `development` and `testing`, all defaults."""
    return _build(root / FILE_NAME, empty_document(), variables, env_file, options, None, mask)


def _build(
    path: Path,
    document: Document,
    process: Mapping[str, str],
    env_file: Path | None,
    options: Mapping[str, object],
    today: date | None,
    mask: SecretMask | None,
) -> Config:
    file = path.absolute()
    _refuse_unknown_tables(document)
    _refuse_unknown_options(options)
    variables = load_variables(process, env_file=_env_file(file.parent, env_file))
    source = Source(document, options)
    environments = read_environments(source, variables)
    scratch = read_scratch(source, variables)
    mask = SecretMask() if mask is None else mask
    keys = read_keys(source, environments)
    for secret in known_secrets(environments.values(), scratch, variables, keys):
        mask.add(secret)
    for name in {KEY_VARIABLE, *(each.source.text for each in keys if each.source and each.source.form is Form.ENV)}:
        mask_key(mask, variables.get(name))
    return Config(
        root=file.parent,
        file=file,
        environment=selected_name(source, variables),
        project=read_project(source),
        environments=environments,
        migrations=read_migrations(source),
        tenancy=read_tenancy(source),
        access=read_access(source),
        gate=read_gate(source),
        waivers=read_waivers(source, environments, today=today or datetime.now(UTC).date()),
        check_settings=read_check_settings(source),
        keys=keys,
        audit=read_audit(source),
        scratch=scratch,
        fixtures=read_fixtures(source),
        logging=_read_logging(source),
        maintenance=read_maintenance(source),
        archives=read_archives(source),
        origins=MappingProxyType(source.origins),
        variables=variables,
        mask=mask,
    )


def _env_file(root: Path, given: Path | None) -> Path | None:
    if given is not None:
        return given
    beside = root / ".env"
    return beside if beside.is_file() else None


def _refuse_unknown_tables(document: Document) -> None:
    known = tuple(dict.fromkeys(table.name.partition(".")[0] for table in TABLES))
    for name in document.tables:
        if name not in known:
            problem = f"there is no table [{dotted((name,))}]{nearest_hint(name, known)}; there are {', '.join(known)}"
            raise document.error((name,), problem)


def _refuse_unknown_options(options: Mapping[str, object]) -> None:
    for name in options:
        if name not in OPTIONS:
            raise ConfigError(f"command line: there is no key {name!r}{nearest_hint(name, OPTIONS)}")


def _read_logging(source: Source) -> Logging:
    section = source.section(LOGGING, "logging")
    return Logging(dir=section.read(LOGGING_DIR, ""), level=section.read(LOGGING_LEVEL, ""))
