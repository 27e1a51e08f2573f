"""What can go wrong, as a tree; every message is one line that a user can act on.

DbopsError
├── UsageError            the command, an option or a path is wrong          (exit 2)
│   └── ConfigError       dbops.toml, .env, a reference or a check file is   (exit 2)
├── Blocked               the database or the history stands in the way      (exit 1)
├── PolicyRefused         the environment's policy forbids it                (exit 4)
├── NothingToCheck        asked for, but there is nothing to judge           (exit 5)
├── FieldError            an encrypted field cannot be sealed or opened      (exit 3)
├── DoesNotApply          a check finds that its question has no object here: skipped
└── CannotJudge           applies, but could not be judged: inconclusive     (exit 3)
    ├── Unreachable       no connection, or it was lost
    │   └── LoginRefused  the server answered, and let the login in nowhere
    ├── WrongTarget       the URL leads to another database than declared
    ├── MissingPrivilege  the role may not see what the question needs
    ├── TimedOut          a statement or lock timeout ended the question
    │   └── LockNotFree   it was the lock: somebody else holds it
    ├── NotReadable       the gate's session refuses the statement (it would write)
    ├── DamageFound       a statement met rows, pages or an index that are damaged
    └── NoProvider        the part that answers is not configured
"""

from __future__ import annotations


class DbopsError(Exception):
    """The root of everything this project raises on purpose; `str()` is one line without secrets."""

    exit_code = 3


class UsageError(DbopsError):
    """Raised for a wrong command, option or path."""

    exit_code = 2


class ConfigError(UsageError):
    """Raised for configuration that is missing, malformed or contradictory."""


class Blocked(DbopsError):
    """Raised when what was asked for cannot be done as the database or the history stands; nothing can override it."""

    exit_code = 1


class PolicyRefused(DbopsError):
    """Raised when an environment's policy forbids what was asked."""

    exit_code = 4


class NothingToCheck(DbopsError):
    """Raised when a gate was asked for and is empty."""

    exit_code = 5


class FieldError(DbopsError):
    """Raised when a field cannot be sealed, opened or compared; names its column or key, and never holds its value."""


class DoesNotApply(DbopsError):
    """Raised inside a check whose question has no object here: it is skipped, with the message as the reason."""


class CannotJudge(DbopsError):
    """Raised inside a check or its inputs: the question applies but has no honest answer now."""


class Unreachable(CannotJudge):
    """Raised when the database cannot be reached, or was lost on the way."""


class LoginRefused(Unreachable):
    """Raised when the server answered and refused the login: user, password, database or host-based rules."""


class WrongTarget(CannotJudge):
    """Raised when the handshake finds another host, database or marker than the configuration declares."""


class MissingPrivilege(CannotJudge):
    """Raised when the role may not see what the question needs; the message names the grant that mends it."""


class TimedOut(CannotJudge):
    """Raised when a statement or lock timeout ended a question."""


class LockNotFree(TimedOut):
    """Raised when a lock could not be had in time: to ask for less would not help, to ask later may."""


class NotReadable(CannotJudge):
    """Raised when the gate's session refuses a statement, because it would write or leave the session."""


class DamageFound(CannotJudge):
    """Raised when a statement met damaged rows, pages or indexes; a check that looks for them makes it a finding."""


class NoProvider(CannotJudge):
    """Raised when the part of the product that would answer is not configured."""
