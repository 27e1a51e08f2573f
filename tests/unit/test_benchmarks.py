"""The measuring itself: what is timed, how it is summed up, and when a target counts as met."""

from __future__ import annotations

import json
import math
import os
import sys
from xml.etree import ElementTree

import pytest

from benchmarks import document
from benchmarks.__main__ import main
from benchmarks.measure import (
    CommandFailed,
    Sample,
    command_environment,
    fine_tree_cpu_s,
    interleaved,
    interleaved_calls,
    p90,
    ratio,
    timed_call,
    timed_command,
    tree_cpu_s,
)
from benchmarks.targets import TARGETS, Bound, Target

BURN = "x = 0\nfor n in range(2_000_000): x += n"


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio([1.0, 4.0, 9.0], [1.0, 2.0, 1.0]) == 2.0


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (5, 5), (10, 9), (20, 18)])
def test_nine_of_ten_values_do_not_exceed_p90(count: int, expected: float) -> None:
    assert p90([float(value) for value in range(count, 0, -1)]) == expected


def test_candidates_take_turns_and_each_begins_some_round() -> None:
    order: list[str] = []

    timings = interleaved_calls({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2, warmups=0)

    assert order == ["a", "b", "b", "a"]
    assert [len(timing.samples) for timing in timings.values()] == [2, 2]


def test_warm_up_rounds_do_not_count() -> None:
    samples = iter([Sample(9.0, 9.0), Sample(1.0, 2.0, 3.0)])

    timings = interleaved({"a": lambda: next(samples)}, rounds=1, warmups=1)

    assert (timings["a"].cpu_s(), timings["a"].wall_s(), timings["a"].server_cpu_s()) == ((1.0,), (2.0,), (3.0,))


def test_a_call_is_charged_its_cpu_time() -> None:
    sample = timed_call(lambda: sum(range(2_000_000)))

    assert 0 < sample.cpu_s <= sample.wall_s * 1.5


def test_a_command_is_charged_with_its_children() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"

    idle = timed_command([sys.executable, "-c", "pass"])
    busy = timed_command([sys.executable, "-c", child])

    assert busy.cpu_s > idle.cpu_s
    assert busy.wall_s > 0


def test_a_command_that_fails_shows_what_it_printed() -> None:
    with pytest.raises(CommandFailed, match="ended with 3:\nno luck"):
        timed_command([sys.executable, "-c", "import sys; print('no luck'); sys.exit(3)"])


def test_a_command_may_be_expected_to_fail() -> None:
    assert timed_command([sys.executable, "-c", "raise SystemExit(1)"], expect=(0, 1)).cpu_s > 0


def test_commands_cache_byte_code_as_users_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert "PYTHONDONTWRITEBYTECODE" not in command_environment()


def test_a_process_tree_is_charged_its_cpu_time() -> None:
    before, finely = tree_cpu_s(os.getpid()), fine_tree_cpu_s(os.getpid())
    sum(range(4_000_000))

    assert tree_cpu_s(os.getpid()) > before
    assert fine_tree_cpu_s(os.getpid()) > finely


def test_a_process_that_is_gone_costs_nothing() -> None:
    assert tree_cpu_s(2**22 + 1) == 0


@pytest.mark.parametrize(
    ("target", "value", "is_met"),
    [
        (Target(Bound.AT_MOST, 2.0), 2.0, True),
        (Target(Bound.AT_MOST, 2.0), 2.01, False),
        (Target(Bound.AT_LEAST, 2.0), 2.0, True),
        (Target(Bound.AT_LEAST, 2.0), 1.99, False),
        (Target(Bound.AT_LEAST, 2.0), float("nan"), False),
        (Target(Bound.AT_MOST, 2.0), float("nan"), False),
    ],
)
def test_a_target_is_met_up_to_its_limit(target: Target, value: float, is_met: bool) -> None:
    assert target.is_met(value) is is_met


def test_every_benchmark_there_is_has_targets_for_what_it_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0

    names = {line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")}
    assert "junit" in names
    assert names <= set(TARGETS)


@pytest.mark.parametrize("arguments", [[], ["nope"]])
def test_wrong_usage_lists_the_benchmarks(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2

    assert "(one of " in capsys.readouterr().err


class _Claim:
    """Stands for a benchmark module whose measures are known."""

    NAME = "idle"
    CLAIMS = {"cpu_ratio": "ours / theirs"}

    def __init__(self, **measures: float) -> None:
        self.measures = measures

    def run(self, quick: bool) -> dict[str, object]:
        return {"measures": self.measures, "params": {"quick": quick}}


@pytest.mark.parametrize(("measures", "code"), [({"cpu_ratio": 1.0}, 0), ({"cpu_ratio": 1.2}, 1), ({"other": 1.0}, 1)])
def test_a_missed_or_missing_measure_is_exit_code_one(
    measures: dict[str, float], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.__main__._benchmarks", lambda: {"idle": _Claim(**measures)})

    assert main(["idle", "--quick"]) == code

    captured = capsys.readouterr()
    assert json.loads(captured.out.splitlines()[-1]) == {
        "name": "idle", "measures": measures, "params": {"quick": True},
    }  # fmt: skip
    assert ("NOT MET" in captured.err) is bool(code)


KEPT = {
    "junit": {
        "measures": {"vs_elementtree": 0.65, "vs_junit_xml": 0.42},
        "params": {"cases": 10000},
        "date": "2026-01-31",
        "is_quick": False,
    }
}


def test_page_shows_what_was_measured_beside_its_target() -> None:
    text = document.page(KEPT)
    assert "| 0.65 | <= 2.6 | met |" in text
    assert "| 0.42 | <= 0.35 | **missed** |" in text
    assert "Measured on 2026-01-31: cases 10000." in text


def test_plot_has_a_bar_for_each_judged_measure_and_marks_what_misses() -> None:
    root = ElementTree.fromstring(document.plot(KEPT))
    bars = [(each.get("width"), each.get("fill")) for each in root.iterfind("{*}rect")][1:]
    assert bars == [("75.0", "#2f6f4f"), ("360.0", "#b3261e")]


@pytest.mark.parametrize(
    ("target", "value", "share"),
    [
        (Target(Bound.AT_MOST, 2), 1, 0.5),
        (Target(Bound.AT_LEAST, 3), 6, 0.5),
        (Target(Bound.AT_LEAST, 3), 2, 1.5),
        (Target(Bound.AT_MOST, 0), 0, 0),
        (Target(Bound.AT_MOST, 0), 1, math.inf),
    ],
)
def test_share_of_a_bound(target: Target, value: float, share: float) -> None:
    assert document.share_of_bound(target, value) == share
    assert (share <= 1) == target.is_met(value)


def test_page_in_the_documentation_is_made_of_what_is_kept() -> None:
    kept = document.read_kept(document.DOCS)
    assert kept
    assert (document.DOCS / "benchmarks.md").read_text(encoding="utf-8") == document.page(kept)
    assert (document.DOCS / "benchmarks.svg").read_text(encoding="utf-8") == document.plot(kept)
