"""A connection whose savepoints cost little: none is waited for, and none takes more than one round trip.

The server makes a savepoint while the client prepares what comes next, which takes the answer first; the transaction
begins in the same round trip, where psycopg would send a BEGIN before.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from psycopg import pq


class EagerConnection(psycopg.Connection[Any]):
    """Otherwise psycopg's own; whatever is done with it, except to its `pgconn`, takes the answer that is owed."""

    _is_owed = False

    def send_savepoint(self, name: str) -> bool:
        """Send SAVEPOINT, which cannot fail in a sound transaction; return False where it has to be run as any other.

        name: quoted. Never raises: who runs it in the other way is told what is wrong.
        """
        with self.lock, suppress(psycopg.Error):
            self.take_answer()
            status = self.pgconn.transaction_status
            if status == pq.TransactionStatus.IDLE and self._begins_plainly():
                self.pgconn.send_query(f"BEGIN; SAVEPOINT {name}".encode())
            elif status == pq.TransactionStatus.INTRANS and not self._is_pipelined():
                self.pgconn.send_query(f"SAVEPOINT {name}".encode())
            else:
                return False
            self._is_owed = True
            return True
        return False

    def roll_back_to(self, name: str) -> bool:
        """Run ROLLBACK TO; return False where it has to be run as any other.

        So it has to be where it fails, to do so once more, and where statements are prepared, which psycopg forgets.
        """
        with self.lock, suppress(psycopg.Error):
            self.take_answer()
            if self.pgconn.transaction_status != pq.TransactionStatus.INTRANS or self._is_pipelined():
                return False
            if getattr(self._prepared, "_names", True):
                return False
            result = self.pgconn.exec_(f"ROLLBACK TO SAVEPOINT {name}".encode())
            return result.status == pq.ExecStatus.COMMAND_OK
        return False

    def take_answer(self) -> None:
        """Take the answer that is owed, if one is; raises psycopg.Error when it is one."""
        if not self._is_owed:
            return
        self._is_owed, failed = False, None
        while (result := self.pgconn.get_result()) is not None:
            if result.status != pq.ExecStatus.COMMAND_OK:
                failed = result
        if failed is not None:
            raise psycopg.errors.error_from_result(failed)

    def wait(self, *arguments: Any, **options: Any) -> Any:
        """See psycopg: all that goes to the server goes through here."""
        self.take_answer()
        return super().wait(*arguments, **options)

    @property
    def info(self) -> psycopg.ConnectionInfo:
        """See psycopg: among others, whether a transaction is open."""
        self.take_answer()
        return super().info

    def _begins_plainly(self) -> bool:
        is_plain = (self.isolation_level, self.read_only, self.deferrable) == (None, None, None)
        return is_plain and not self.autocommit and not self._is_pipelined()

    def _is_pipelined(self) -> bool:
        return self.pgconn.pipeline_status != pq.PipelineStatus.OFF
