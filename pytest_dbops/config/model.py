"""The whole configuration as one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pytest_dbops.config.fixtures import Fixtures
from pytest_dbops.config.gate import CheckSettings, Gate
from pytest_dbops.config.keys import KeyEntry
from pytest_dbops.config.maintenance import Maintenance
from pytest_dbops.config.migrations import Migrations
from pytest_dbops.config.project import Project
from pytest_dbops.config.scratch import Scratch
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.access.rules import AccessRules
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import ArchiveRule
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.tenancy.rules import TenancyRules
from pytest_dbops.core.waiver import Waiver


@frozen
class Logging:
    """Where logs go; with an empty `dir` no files are written. The level is a matter of each environment."""

    dir: str = ""
    level: str = ""


@frozen
class Config:
    """Everything that dbops.toml, `.env`, the variables and the command line say, read without any connection.

    file: the configuration file, which does not exist in a project that has none.
    environment: name of the environment that is meant when none is given; it may be unknown.
    environments: by name; their URLs are not resolved (see `resolve.resolve_url`).
    check_settings: what `[checks.CODE]` gives, with the keys `enabled` and `severity` (a label).
    keys: root keys of encrypted columns; none where ENCRYPTION_KEY is the only one.
    origins: dotted key to where its effective value came from.
    mask: knows every secret met so far; hand each text for people or files through it.
    """

    root: Path
    file: Path
    environment: str
    project: Project
    environments: Mapping[str, Environment]
    migrations: Migrations
    tenancy: TenancyRules
    access: AccessRules
    gate: Gate
    waivers: tuple[Waiver, ...]
    check_settings: CheckSettings
    keys: tuple[KeyEntry, ...]
    audit: AuditRules
    scratch: Scratch
    fixtures: Fixtures
    logging: Logging
    maintenance: Maintenance
    archives: tuple[ArchiveRule, ...]
    origins: Mapping[str, str]
    variables: Variables = field(repr=False)
    mask: SecretMask = field(repr=False, compare=False)

    def path(self, text: str) -> Path:
        """Return a path of the configuration: relative to the project's root, `~` is the user's home."""
        return self.root / Path(text).expanduser()
