"""The kinds of steps that maintenance knows, cheap ones first; a plan keeps this order among equals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.mode import LockMode

POSTGRESQL, SQLITE = ("postgresql",), ("sqlite",)
BOTH = (*POSTGRESQL, *SQLITE)
NO_LOCK = "none"
WRITE_LOCK = "the file's write lock"
_MB = 1 << 20
_GENTLE = LockMode.SHARE_UPDATE_EXCLUSIVE.words
_IS_SCHEMA = "it changes the schema: write it as a migration, so that models and history know of it"


@frozen
class Task:
    """One kind of step.

    codes: of the checks it answers; none for one that looks after the tool's own files. lock: as the manual writes it.
    is_blocking: whether readers or writers of the database wait for longer than a moment. kept_back: why a person has
    to run it; empty for a kind that `auto` may run. bytes_a_second: what is assumed where nothing was measured yet; 0
    for what takes no time that counts.
    """

    name: str
    about: str
    dialects: tuple[str, ...]
    codes: tuple[str, ...]
    lock: str
    is_blocking: bool = False
    kept_back: str = ""
    bytes_a_second: int = 0

    @property
    def may_run_alone(self) -> bool:
        """Whether `auto` may run it, as far as its kind goes."""
        return not self.is_blocking and not self.kept_back


_TASKS = (
    Task(
        "drop_invalid_index", "take away an index that an interrupted build left, or that another one doubles",
        POSTGRESQL, ("SCH008",), _GENTLE,
    ),
    Task(
        "create_partition", "make the partitions of the periods to come, beside the table, and attach them",
        POSTGRESQL, ("SCH029",), _GENTLE,
    ),
    Task(
        "checkpoint", "write the -wal file back into the database and empty it",
        SQLITE, ("STO006",), WRITE_LOCK, bytes_a_second=100 * _MB,
    ),
    Task(
        "vacuum", "remove dead rows so that their room is used again",
        POSTGRESQL, ("PRF007",), _GENTLE, bytes_a_second=40 * _MB,
    ),
    Task(
        "freeze", "freeze the old rows of the tables that hold back the oldest transaction id",
        POSTGRESQL, ("INT005",), _GENTLE, bytes_a_second=40 * _MB,
    ),
    Task(
        "analyze", "renew the planner's statistics of a table",
        BOTH, ("PRF008",), f"{_GENTLE} (SQLite: {WRITE_LOCK})", bytes_a_second=100 * _MB,
    ),
    Task(
        "optimize", "let SQLite renew the statistics of the tables that have changed most",
        SQLITE, ("PRF008",), WRITE_LOCK, bytes_a_second=100 * _MB,
    ),
    Task(
        "rebuild_invalid_index", "build an invalid index again, so that queries use it",
        POSTGRESQL, ("SCH008",), _GENTLE, bytes_a_second=20 * _MB,
    ),
    Task(
        "rebuild_bloated_index", "build an index anew whose pages are far from full",
        POSTGRESQL, ("STO005",), _GENTLE, bytes_a_second=20 * _MB,
    ),
    Task(
        "incremental_vacuum", "give free pages of the file back to the disk, some at a time",
        SQLITE, ("STO004",), WRITE_LOCK, bytes_a_second=50 * _MB,
    ),
    Task(
        "clean_files", "remove reports, rotated logs and left-over working files of this tool that nobody needs",
        BOTH, (), NO_LOCK,
    ),
    Task(
        "set_sequence", "move a sequence on to the highest number that its column holds",
        POSTGRESQL, ("SCH013",), LockMode.SHARE_ROW_EXCLUSIVE.words, is_blocking=True,
    ),
    Task(
        "switch_autovacuum_on", "let autovacuum come again, for a table or for the server",
        POSTGRESQL, ("PRF009",), _GENTLE, kept_back="somebody has switched it off: ask why before",
    ),
    Task(
        "tune_autovacuum", "let autovacuum come earlier for a big table",
        POSTGRESQL, ("PRF007",), _GENTLE, kept_back=_IS_SCHEMA,
    ),
    Task(
        "create_index", "give a foreign key the index that finds its rows",
        BOTH, ("SCH004",), _GENTLE, kept_back=_IS_SCHEMA, bytes_a_second=20 * _MB,
    ),
    Task(
        "rebuild_sorted_indexes", "build the indexes anew whose collation sorts differently now",
        POSTGRESQL, ("INT004",), _GENTLE, bytes_a_second=20 * _MB,
        kept_back="unique keys may hold doubled values by now: look at them before",
    ),
    Task(
        "rebuild_damaged_index", "build a damaged index anew",
        BOTH, ("INT002",), f"{_GENTLE} (SQLite: {WRITE_LOCK})", bytes_a_second=20 * _MB,
        kept_back="find out first what damaged it, and save what is there",
    ),
    Task(
        "archive_rows", "move old rows to a verified copy, and only then delete them here",
        BOTH, (), LockMode.ROW_EXCLUSIVE.words, bytes_a_second=5 * _MB,
    ),
    Task(
        "rewrite_table", "write a table, or a SQLite file, anew without its empty room",
        BOTH, ("STO004",), LockMode.ACCESS_EXCLUSIVE.words, is_blocking=True, bytes_a_second=30 * _MB,
    ),
    Task(
        "size_pool", "put as many sessions into a pool as are really at work",
        POSTGRESQL, ("CON006", "PRF020"), NO_LOCK, kept_back="it is done outside of the database",
    ),
)  # fmt: skip

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in _TASKS})
RANKS: Mapping[str, int] = MappingProxyType({name: rank for rank, name in enumerate(TASKS)})


def tasks_of(dialect: str) -> tuple[Task, ...]:
    """Return the kinds of steps that a product knows."""
    return tuple(task for task in _TASKS if dialect in task.dialects)
