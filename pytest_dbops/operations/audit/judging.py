"""What a gate needs to judge a trail: its state, its verification, and a rehearsal on a scratch copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.backends import audit_for
from pytest_dbops.config.model import Config
from pytest_dbops.core.audit.installed import differences
from pytest_dbops.core.audit.state import AuditRehearsal, AuditState, state_of
from pytest_dbops.core.audit.verifying import Verified, verify_trail
from pytest_dbops.core.audit.wanted import wanted_of
from pytest_dbops.core.environment import Environment, Requirement
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.proofs import Proofs
from pytest_dbops.core.session import Limits, Session
from pytest_dbops.operations.audit.install import install_statements, refuse_vain
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.inputs import Inputs, Piece
from pytest_dbops.operations.migrations.head_schema import read_schema
from pytest_dbops.operations.target_schema import copies_of, read_target_schema

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.operations.runs import Run

_LIMITS = Limits(connect_timeout_s=10, statement_timeout_s=120, lock_timeout_s=10)


def inputs_of_audit(
    config: Config, environment: Environment, progress: Progress, run: Callable[[], Run]
) -> dict[str, Piece]:
    """Return what makes each input that comes of `[audit]`."""

    def state(inputs: Inputs) -> AuditState:
        catalog: Catalog = inputs.get("catalog")  # type: ignore[assignment]  # what every gate reads
        return read_state(config, catalog, inputs.session)

    def trail(inputs: Inputs) -> Verified:
        found: AuditState = inputs.get("audit")  # type: ignore[assignment]  # as declared below
        if not found.has_log:
            raise CannotJudge("there is no audit trail to verify (see table_without_audit_trail)")
        progress("verifying the audit trail")
        return verify_trail(audit_for(environment.dialect).trail(inputs.session))

    def rehearsal(inputs: Inputs) -> AuditRehearsal:
        with failing_once(run().shared_folder(), "audit"):
            return rehearse_audit(config, environment, inputs.session, inputs.target_url, run(), progress)

    vouched = frozenset({Requirement.AUDITING}) if environment.policy.auditing else frozenset()
    return {
        "proofs": (Proofs, lambda _: Proofs(vouched)),
        "audit": (AuditState, state),
        "audit_trail": (Verified, trail),
        "audit_rehearsal": (AuditRehearsal, rehearsal),
    }


def read_state(config: Config, catalog: Catalog, session: Session) -> AuditState:
    """Hold what there is of a trail against what the rules ask of the schema."""
    product = audit_for(session.dialect)
    wanted, installed = wanted_of(catalog, config.audit), product.read_installed(session, config.audit)
    # A partition that is lacking is a finding of its own, and not one of what would guard it.
    expected = product.expected(wanted, replace(installed, months=()))
    return state_of(wanted, installed, differences(expected, installed.objects))


def rehearse_audit(
    config: Config, environment: Environment, session: Session, url: Callable[[], str], run: Run, progress: Progress
) -> AuditRehearsal:
    """Install the trail on a scratch copy of the target's schema, fill it, and count what bulk statements leave.

    Raises CannotJudge, one line, where no copy can be made or the trail cannot be installed on it.
    """
    product = audit_for(environment.dialect)
    schema = read_target_schema(config, environment, session, url, version_table="", applied=())
    progress("trying the audit trail on a scratch copy")
    with copies_of(schema, config, environment, run, progress)() as copy:
        catalog = read_schema(environment, copy)
        wanted = wanted_of(catalog, config.audit)
        try:
            refuse_vain(wanted)
        except ConfigError as err:
            raise CannotJudge(f"the audit trail cannot be tried: {err}") from err
        product.silence(copy, limits=_LIMITS)
        _fill(copy, catalog)
        with product.open_writer(copy, limits=_LIMITS, application="pytest-dbops audit") as writer:
            writer.run(_statements(config, environment, copy, catalog))
        return product.rehearse(copy, wanted, limits=_LIMITS)


def _statements(config: Config, environment: Environment, url: str, catalog: Catalog) -> tuple[str, ...]:
    from pytest_dbops.backends import backend_for
    from pytest_dbops.core.environment import Expectation

    product = audit_for(environment.dialect)
    opened = backend_for(environment.dialect).open_session(
        url, limits=_LIMITS, expect=Expectation(), application="pytest-dbops audit"
    )
    with opened as session:
        installed = product.read_installed(session, config.audit)
    return install_statements(product, wanted_of(catalog, config.audit), installed)


def _fill(url: str, catalog: Catalog) -> None:
    """Put made-up rows into every table of a scratch copy."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from pytest_dbops.migrating.filling import fill, ground_of
    from pytest_dbops.migrating.urls import own_url

    with create_engine(own_url(url), poolclass=NullPool).connect() as connection:
        fill(ground_of(connection), catalog)
        connection.commit()
