"""The cyclic collector of a process of ours, which is left as it was."""

from __future__ import annotations

import gc

import pytest

from pytest_dbops.operations.garbage import little_garbage_expected


def test_collector_is_as_it_was_also_after_a_failure() -> None:
    before = gc.get_threshold(), gc.get_freeze_count() > 0
    with pytest.raises(ValueError, match="odd"), little_garbage_expected():
        within = gc.get_threshold()[0], gc.get_freeze_count() > 0
        raise ValueError("odd")
    assert within == (10_000, True)
    assert (gc.get_threshold(), gc.get_freeze_count() > 0) == before


def test_collector_that_looks_less_often_already_stays_so() -> None:
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        with little_garbage_expected():
            assert gc.get_threshold()[0] == 50_000
    finally:
        gc.set_threshold(*before)
