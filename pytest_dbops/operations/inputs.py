"""The objects checks ask for by name, each made when it is first asked for and once a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, TypeVar

from pytest_dbops.backends import backend_for
from pytest_dbops.core.access import AccessRules, Roles
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DbopsError, LoginRefused, NoProvider, Unreachable, WrongTarget
from pytest_dbops.core.proofs import Proofs
from pytest_dbops.core.session import Backend, Identity, Limits, Session, Statistics
from pytest_dbops.core.tenancy.rules import TenancyRules
from pytest_dbops.operations.shared import SharedPieces

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.forecast import Forecasts
    from pytest_dbops.core.observed.target import TargetSizes
    from pytest_dbops.core.walk.on_target import TargetRehearsal

T = TypeVar("T")

APPLICATION = "pytest-dbops gate"
_NO_TENANCY = TenancyRules()
_NO_ACCESS = AccessRules()


_NO_BACKUPS = (
    ": nothing yet tells a gate of backups (name the check in [gate] may_skip, or do not require recent_backup in"
    " [env.{}])"
)

Piece = tuple[type, "Callable[[Inputs], object]"]
"""An input that is made once a run and shared: what it is, and what makes it of other inputs."""


class NotAtHand(BaseException):
    """Raised where an input would have to be made and may not be; no error, so that no check takes it for one."""


class Inputs:
    """Supplies check functions; holds one read-only session a process.

    An input that cannot be had is asked for once: every later check gets the same reason at once.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        url: Callable[[], str],
        clock: datetime,
        pieces: SharedPieces,
        more: Mapping[str, Piece] = MappingProxyType({}),
        tenancy: TenancyRules = _NO_TENANCY,
        access: AccessRules = _NO_ACCESS,
        own: Mapping[str, Callable[[Inputs], object]] = MappingProxyType({}),
    ) -> None:
        """more: pieces that are shared by the processes of a run. own: what each process makes for itself: secrets."""
        self._environment = environment
        self._url = url
        self._clock = clock
        self._pieces = pieces
        self._more = more
        self._tenancy = tenancy
        self._access = access
        self._own = own
        self._made: dict[str, object] = {}
        self._refused: dict[str, DbopsError] = {}
        self._open = ExitStack()
        self._depth = 0
        self._is_closed = False
        self.identity: Identity | None = None
        """Where the session was opened; None until then."""
        self._catalog_fingerprint = ""
        self.unopened = ""
        """Why no session could be opened, in two or three words; empty when one was, or none was tried."""
        self.spent_s = 0.0
        """Seconds spent making inputs so far; a check's own time is without them."""

    def get(self, name: str) -> object:
        """Return the input called `name`; raises CannotJudge with the reason when there is none."""
        if name in self._refused:
            raise self._refused[name].with_traceback(None)
        if name not in self._made:
            if self._is_closed:
                raise NotAtHand(name)
            self._made[name] = self._make(name)
        return self._made[name]

    @contextmanager
    def only_at_hand(self) -> Iterator[None]:
        """Make nothing in this block: whoever asks for what is not there yet meets NotAtHand."""
        self._is_closed = True
        try:
            yield
        finally:
            self._is_closed = False

    @property
    def catalog_fingerprint(self) -> str:
        """The fingerprint of the catalog for the report, computed once; empty unless the catalog was read."""
        if not self._catalog_fingerprint and self.has("catalog"):
            catalog: Catalog = self.get("catalog")  # type: ignore[assignment]  # the table of makers says so
            self._catalog_fingerprint = catalog.fingerprint
        return self._catalog_fingerprint

    def offer(self, name: str, piece: object) -> None:
        """Let all processes of the run have what came along with another input."""
        self._pieces.get(name, type(piece), lambda: piece)

    def offered(self, name: str, kind: type[T]) -> T | None:
        """Return what was offered under a name; None where nothing was."""
        return self._pieces.published(name, kind)

    def has(self, name: str) -> bool:
        """Tell whether the input was made already."""
        return name in self._made

    @property
    def clock(self) -> datetime:
        """The moment the run began."""
        return self._clock

    @property
    def session(self) -> Session:
        """The process's read-only session on the target."""
        session: Session = self.get("session")  # type: ignore[assignment]  # the table of makers says so
        return session

    def close(self) -> str:
        """Verify and end the session; returns one line when it is not what it was opened as, else nothing."""
        session = self._made.pop("session", None)
        try:
            if session is not None and "session" not in self._refused:
                session.verify()  # type: ignore[attr-defined]  # as above
            return ""
        except CannotJudge as err:
            return str(err)
        finally:
            self._open.close()

    def _make(self, name: str) -> object:
        started, self._depth = time.perf_counter(), self._depth + 1
        try:
            return self._makers()[name]()
        except DbopsError as err:
            self._refused[name] = err
            raise
        except Exception as err:  # what breaks here would break for every later check as well
            self._refused[name] = CannotJudge(f"{name} cannot be had: {type(err).__name__}: {err}")
            raise self._refused[name] from err
        finally:
            self._depth -= 1
            if not self._depth:
                self.spent_s += time.perf_counter() - started

    def _makers(self) -> dict[str, Callable[[], object]]:
        return {
            "session": self._open_session,
            "catalog": self._catalog,
            "statistics": lambda: self._pieces.get("statistics", Statistics, self._read_statistics),
            "environment": lambda: self._environment,
            "clock": lambda: self._clock,
            "history": lambda: _nobody("history of earlier runs"),
            "own_folders": lambda: _nobody("project with folders of its own"),
            "pools": lambda: _nobody("pooler"),
            "old_rows": lambda: _nobody("[[archive]]"),
            "walk": lambda: _nobody("rehearsal of migrations"),
            "standing": lambda: _nobody("history of migrations"),
            "preview": lambda: _nobody("history of migrations"),
            "drift_of_models": lambda: _nobody("history of migrations"),
            "drift_of_target": lambda: _nobody("history of migrations"),
            "downgrade_rule": lambda: _nobody("history of migrations"),
            "applied_sources": lambda: _nobody("journal of deploys"),
            "unread_revisions": lambda: _nobody("history of migrations"),
            "target_sizes": lambda: _nobody("history of migrations"),
            "on_target": lambda: _nobody("history of migrations"),
            "kept_forecasts": lambda: _nobody("history of migrations"),
            "forecasts": lambda: self._forecasts,
            "sizes": lambda: self._sizes,
            "seeds": lambda: _nobody("seeder"),
            "reference_rows": lambda: _nobody("seeder"),
            "seed_ledger": lambda: _nobody("ledger of seeds"),
            "tenancy": lambda: self._tenancy,
            "access": lambda: self._access,
            "isolation": lambda: _nobody("trial of tenants"),
            "roles": lambda: self._pieces.get("roles", Roles, self._read_roles),
            "audit": lambda: _nobody("audit trail"),
            "audit_trail": lambda: _nobody("audit trail"),
            "audit_rehearsal": lambda: _nobody("audit trail"),
            "proofs": Proofs,
            "keyring": lambda: _nobody("keyring"),
            "backups": lambda: _nobody("catalogue of backups", _NO_BACKUPS.format(self._environment.name)),
            "backup_files": lambda: _nobody("store of backups", _NO_BACKUPS.format(self._environment.name)),
            "deploys": lambda: _nobody("journal of deploys"),
            "encrypted_columns": lambda: _nobody("model with encrypted columns"),
            "key_records": lambda: _nobody("keyring"),
            "key_uses": lambda: _nobody("keyring"),
            "encryption_marks": lambda: _nobody("model with encrypted columns"),
            "field_audits": lambda: _nobody("model with encrypted columns"),
            **{name: partial(make, self) for name, make in self._own.items()},
            **{name: partial(self._shared, name, *piece) for name, piece in self._more.items()},
        }

    def _shared(self, name: str, kind: type, make: Callable[[Inputs], object]) -> object:
        return self._pieces.get(name, kind, lambda: make(self))

    def _sizes(self) -> TargetSizes:
        found: TargetSizes = self.get("target_sizes")  # type: ignore[assignment]  # what comes of migrations says so
        return found

    def _forecasts(self) -> Forecasts:
        """Return what was measured; nothing where it cannot be, which the check that is about that tells."""
        from pytest_dbops.core.forecast import Forecasts

        try:
            found: TargetRehearsal = self.get("on_target")  # type: ignore[assignment]  # as above
        except DbopsError:
            return Forecasts()
        return found.forecasts

    def target_url(self) -> str:
        """Return the URL of the target, for what reads it by another program than our session."""
        return self._url()

    def _backend(self) -> Backend:
        return backend_for(self._environment.dialect)

    def _open_session(self) -> Session:
        policy = self._environment.policy
        opened = self._backend().open_session(
            self._url(),
            limits=Limits(policy.connect_timeout_s, policy.statement_timeout_s, policy.lock_timeout_s),
            expect=self._environment.expect,
            application=APPLICATION,
        )
        try:
            session = self._open.enter_context(opened)
        except DbopsError as err:
            self.unopened = _why_unopened(err)
            raise
        self.identity = session.identity
        _refuse_other_marker(session.identity, self._environment)
        return session

    def _catalog(self) -> Catalog:
        from pytest_dbops.core.catalog import Catalog

        return self._pieces.get("catalog", Catalog, self.read_catalog)

    def read_catalog(self) -> Catalog:
        """Read the schema anew; checks are given what was read once a run."""
        return self._backend().read_catalog(self.session)

    def _read_statistics(self) -> Statistics:
        return self._backend().read_statistics(self.session)

    def _read_roles(self) -> Roles:
        return self._backend().read_roles(self.session)


def _refuse_other_marker(identity: Identity, environment: Environment) -> None:
    """Refuse a database that says of itself that it is another environment's."""
    if identity.marker is not None and identity.marker != environment.name:
        raise WrongTarget(
            f"environment {environment.name!r} leads to a database marked {identity.marker!r} "
            f"({identity.database} on {identity.host}); mend the url"
        )


def _why_unopened(err: DbopsError) -> str:
    if isinstance(err, LoginRefused):
        return "login refused"
    if isinstance(err, WrongTarget):
        return "refused before reading"
    return "never reached" if isinstance(err, Unreachable) else "could not be opened"


def _nobody(what: str, way_out: str = "") -> NoReturn:
    raise NoProvider(f"no {what} is configured{way_out}")
