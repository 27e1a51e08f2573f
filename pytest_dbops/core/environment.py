"""A named database, the reference to its URL, and what may and must be done there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.budget import Allowance, LockBudget
from pytest_dbops.core.secret import Secret


class Kind(StrEnum):
    """What an environment is for; each kind brings the defaults of a policy."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRODUCTION = "production"


class Requirement(StrEnum):
    """What `require = [...]` of an environment may demand."""

    TLS = "tls"
    ENCRYPTION = "encryption"
    ANONYMIZED = "anonymized"
    RECENT_BACKUP = "recent_backup"
    AUDITING = "auditing"
    READ_ONLY_ROLE = "read_only_role"


class DeployNeed(StrEnum):
    """What `deploy_needs = [...]` of an environment may want before a deploy."""

    VERIFIED_BACKUP = "verified_backup"
    FULL_GATE = "full_gate"


@frozen
class Seeding:
    """Which seed data an environment may hold: whether any, whether demo data, and how much.

    role: that seeders act as on PostgreSQL, past row-level security; empty where they write tenant by tenant.
    """

    enabled: bool
    demo: bool
    organizations: int
    customers: int
    role: str = ""


@frozen
class RequiredVariable:
    """A variable of the process environment that must be set, and its least length in characters."""

    name: str
    min_length: int = 1


@frozen
class Policy:
    """What may and must be done in an environment; the kind gives the defaults, dbops.toml overrides.

    may_write, may_destroy, may_seed: whether operations asked for by name may do so.
    connect_timeout_s, statement_timeout_s, lock_timeout_s: limits of one gate session.
    max_connections: most connections this project opens at once.
    log_level: a level name of the standard library's logging.
    locks: what migrations may lock, and for how long.
    deploy_needs: what there must be before a deploy.
    """

    may_write: bool
    may_destroy: bool
    may_seed: bool
    require: frozenset[Requirement]
    max_connections: int
    connect_timeout_s: float
    statement_timeout_s: float
    lock_timeout_s: float
    log_level: str
    log_statements: bool
    encryption: bool
    auditing: bool
    seeding: Seeding
    required_variables: tuple[RequiredVariable, ...] = ()
    locks: LockBudget = field(default_factory=LockBudget)
    deploy_needs: frozenset[DeployNeed] = frozenset()


@frozen
class Expectation:
    """What the handshake must find before anything is read; None means it is not declared."""

    host: str | None = None
    database: str | None = None
    marker: str | None = None
    role: str | None = None


@frozen
class Environment:
    """One configured environment.

    url: the resolved URL; None as long as it is not resolved, and when the environment is embedded.
    url_reference: how the URL was given (`env:STAGING_DATABASE_URL`, `embedded:sqlite`), safe to show; empty
        when nothing says where the database is.
    dialect: `postgresql` or `sqlite`, the product it runs on.
    pooler_reference: how the URL of a pooler's console was given; empty where no pooler is declared.
    """

    name: str
    kind: Kind
    dialect: str
    url: Secret | None
    url_reference: str
    policy: Policy
    expect: Expectation = Expectation()
    pooler_reference: str = ""
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_embedded(self) -> bool:
        """Whether the tool itself makes, migrates and fills this environment's database on first use."""
        return self.url_reference.startswith("embedded:")

    @property
    def is_guarded(self) -> bool:
        """Whether tests must never be pointed here by accident (staging and production)."""
        return self.kind in (Kind.STAGING, Kind.PRODUCTION)


DEFAULT_POLICIES: Mapping[Kind, Policy] = MappingProxyType(
    {
        Kind.DEVELOPMENT: Policy(
            may_write=True, may_destroy=True, may_seed=True, require=frozenset(),
            max_connections=10, connect_timeout_s=5, statement_timeout_s=30, lock_timeout_s=5,
            log_level="DEBUG", log_statements=True, encryption=False, auditing=False,
            seeding=Seeding(enabled=True, demo=True, organizations=4, customers=20),
        ),
        Kind.TESTING: Policy(
            may_write=True, may_destroy=True, may_seed=True, require=frozenset(),
            max_connections=10, connect_timeout_s=5, statement_timeout_s=30, lock_timeout_s=5,
            log_level="WARNING", log_statements=False, encryption=False, auditing=False,
            seeding=Seeding(enabled=True, demo=False, organizations=1, customers=5),
        ),
        Kind.STAGING: Policy(
            may_write=True, may_destroy=False, may_seed=True,
            require=frozenset({Requirement.TLS, Requirement.ANONYMIZED}),
            max_connections=20, connect_timeout_s=10, statement_timeout_s=60, lock_timeout_s=2,
            log_level="INFO", log_statements=False, encryption=True, auditing=True,
            seeding=Seeding(enabled=True, demo=True, organizations=4, customers=20),
            locks=LockBudget(
                access_exclusive=Allowance(rows=100_000, ms=2_000),
                exclusive=Allowance(rows=100_000, ms=5_000),
                share_row_exclusive=Allowance(rows=100_000, ms=5_000),
                share=Allowance(rows=100_000, ms=5_000),
                row_exclusive=Allowance(rows=1_000_000, ms=60_000),
            ),
        ),
        Kind.PRODUCTION: Policy(
            may_write=False, may_destroy=False, may_seed=False,
            require=frozenset(
                {Requirement.TLS, Requirement.ENCRYPTION, Requirement.RECENT_BACKUP,
                 Requirement.AUDITING, Requirement.READ_ONLY_ROLE}
            ),
            max_connections=5, connect_timeout_s=10, statement_timeout_s=30, lock_timeout_s=1,
            log_level="WARNING", log_statements=False, encryption=True, auditing=True,
            seeding=Seeding(enabled=False, demo=False, organizations=0, customers=0),
            locks=LockBudget(
                access_exclusive=Allowance(rows=10_000, ms=1_000),
                exclusive=Allowance(rows=10_000, ms=2_000),
                share_row_exclusive=Allowance(rows=10_000, ms=2_000),
                share=Allowance(rows=10_000, ms=2_000),
                row_exclusive=Allowance(rows=100_000, ms=10_000),
            ),
            deploy_needs=frozenset({DeployNeed.VERIFIED_BACKUP, DeployNeed.FULL_GATE}),
        ),
    }
)  # fmt: skip
