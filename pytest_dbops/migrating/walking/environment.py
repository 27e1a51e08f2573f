"""Alembic's EnvironmentContext, with each revision in a transaction of its own and its options kept in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection


@dataclass(slots=True)
class Seen:
    """What env.py said while it ran.

    is_in_transaction: whether it had a transaction open already when it configured its connection.
    run_arguments: what it gives to `run_migrations`, and alembic hands on to each upgrade() and downgrade().
    """

    is_in_transaction: bool = False
    run_arguments: dict[str, Any] = field(default_factory=dict)


def watched_environment(
    config: Config, script: ScriptDirectory, steps: Callable[..., Any], seen: Seen
) -> EnvironmentContext:
    """Return what `alembic.context` is while env.py runs for a walk.

    The methods are replaced on the object, because alembic's proxies know no class but its own.
    """
    from alembic.runtime.environment import EnvironmentContext

    made = EnvironmentContext(config, script, fn=steps, destination_rev="heads")
    configure, run_migrations = made.configure, made.run_migrations

    def configure_each_alone(connection: Connection | None = None, *args: Any, **options: Any) -> None:
        seen.is_in_transaction = connection is not None and connection.in_transaction()
        configure(connection, *args, **{**options, "transaction_per_migration": True})

    def run_with(**arguments: Any) -> None:
        seen.run_arguments = arguments
        run_migrations(**arguments)

    made.configure = configure_each_alone  # type: ignore[method-assign]
    made.run_migrations = run_with  # type: ignore[method-assign]
    return made
