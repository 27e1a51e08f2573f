"""What a connection pooler says of itself."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class Pool:
    """Connections of one role to one database: of clients at work and waiting, of servers in use and at rest.

    longest_wait_s: how long the client has waited that waits longest.
    """

    database: str
    role: str
    clients_active: int
    clients_waiting: int
    servers_active: int
    servers_idle: int
    longest_wait_s: float


@frozen
class Pools:
    """All pools in use; halted: databases that were paused or disabled, each with that word."""

    version: str
    pools: tuple[Pool, ...] = ()
    halted: tuple[tuple[str, str], ...] = ()
