"""Why a step of a rehearsal failed."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen


@frozen
class Failure:
    """Why a step failed.

    kind: the class of the error; message: the server's or the project's words, on one line.
    statement: the SQL that was sent, without its parameters; empty when no statement failed.
    line: where in the revision's file; 0 when it failed elsewhere. hint: the way out, where one is known.
    """

    kind: str
    message: str
    statement: str = ""
    line: int = 0
    hint: str = ""
