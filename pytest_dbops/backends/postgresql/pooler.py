"""Ask PgBouncer's console, which speaks the server's protocol and knows SHOW instead of SQL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.connect import SHORTEST_PATIENCE_S
from pytest_dbops.backends.postgresql.faults import connect_fault, one_line
from pytest_dbops.backends.postgresql.urls import display_url, parameters
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from pytest_dbops.core.pools import Pool, Pools
from pytest_dbops.core.secret import Secret, SecretMask

if TYPE_CHECKING:
    import psycopg

CONSOLE = "pgbouncer"
_REFUSED = "not allowed"


def read_pools(url: str, *, timeout_s: float) -> Pools:
    """Return the pools of a PgBouncer, by the URL of its console; the console's own are left out.

    Raises Unreachable when nobody is there, MissingPrivilege for a role that is none of `stats_users`, and CannotJudge
    for what is no console of PgBouncer.
    """
    import psycopg

    given = parameters(url)
    mask = SecretMask(Secret(value) for key, value in given.items() if "password" in key)
    patience_s = max(SHORTEST_PATIENCE_S, math.ceil(timeout_s))
    wanted = given | {"dbname": CONSOLE, "connect_timeout": str(patience_s)}
    try:
        connection = psycopg.connect(**wanted, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
    except (psycopg.Error, OSError) as err:
        raise connect_fault(mask(str(err)), display_url(url), patience_s) from None
    with closing(connection):
        try:
            return Pools(
                str(_show(connection, "SHOW VERSION")[0]["version"]),
                tuple(_pool(row) for row in _show(connection, "SHOW POOLS") if row["database"] != CONSOLE),
                tuple(_halted(row) for row in _show(connection, "SHOW DATABASES") if row["paused"] or row["disabled"]),
            )
        except psycopg.Error as err:
            said = one_line(mask(str(err)))
            kind = MissingPrivilege if _REFUSED in said else CannotJudge
            raise kind(f"the pooler at {display_url(url)} does not answer SHOW: {said} (see its stats_users)") from None
        except (KeyError, IndexError) as err:
            raise CannotJudge(f"the pooler at {display_url(url)} does not tell {err} (is it PgBouncer?)") from None


def _show(connection: psycopg.Connection[Any], command: str) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(command.encode()).fetchall()


def _pool(row: Mapping[str, Any]) -> Pool:
    wait_s = float(row["maxwait"]) + float(row["maxwait_us"]) / 1e6
    return Pool(
        row["database"], row["user"], int(row["cl_active"]), int(row["cl_waiting"]), int(row["sv_active"]),
        int(row["sv_idle"]), wait_s,
    )  # fmt: skip


def _halted(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["name"]), "disabled" if row["disabled"] else "paused"
