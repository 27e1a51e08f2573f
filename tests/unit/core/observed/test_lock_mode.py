"""Lock modes conflict as the manual's table says, and tell in words who waits."""

from __future__ import annotations

import pytest

from pytest_dbops.core.locks.mode import LockMode, newly_taken

READ, KEEP, WRITE = LockMode.ACCESS_SHARE, LockMode.ROW_SHARE, LockMode.ROW_EXCLUSIVE
SUE, SHARE, SRE = LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE, LockMode.SHARE_ROW_EXCLUSIVE
EXCLUSIVE, AE = LockMode.EXCLUSIVE, LockMode.ACCESS_EXCLUSIVE


def test_conflicts_are_mutual() -> None:
    one_sided = {(a, b) for a in LockMode for b in LockMode if (b in a.conflicts) != (a in b.conflicts)}
    assert one_sided == set()


def test_number_of_conflicts_is_that_of_the_manual() -> None:
    assert [len(mode.conflicts) for mode in LockMode] == [1, 2, 4, 5, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("mode", "words"),
    [(AE, "reads, writes and DDL"), (SHARE, "writes and DDL"), (SUE, "DDL"), (WRITE, "DDL")],
)
def test_who_waits_is_told_in_words(mode: LockMode, words: str) -> None:
    assert mode.blocks_words == words


def test_names_of_the_server_are_read() -> None:
    assert (LockMode.parse("AccessExclusiveLock"), LockMode.parse("ShareUpdateExclusiveLock")) == (AE, SUE)
    with pytest.raises(ValueError, match="'SIReadLock' is no lock mode of PostgreSQL"):
        LockMode.parse("SIReadLock")


def test_modes_covered_by_a_stronger_one_are_left_out() -> None:
    assert newly_taken([READ, SRE, AE], []) == (AE,)
    assert newly_taken([READ, WRITE], []) == (WRITE,)


def test_mode_counts_only_for_what_it_blocks_beyond_those_held() -> None:
    assert newly_taken([SHARE, AE], [AE]) == ()
    assert newly_taken([SUE, SHARE], [SUE]) == (SHARE,)
    assert newly_taken([SHARE, EXCLUSIVE], [SHARE]) == (EXCLUSIVE,)
