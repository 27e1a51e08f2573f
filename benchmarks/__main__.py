"""Run benchmarks by name: `python -m benchmarks NAME... [--quick] [--json] [--document] [--list]`.

Prints tables to stderr, then one JSON object a benchmark to stdout. Exit code 0 when every target is met, 1 when
one is missed, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.document import keep
from benchmarks.targets import TARGETS, Target

_NOT_BENCHMARKS = {"__init__", "__main__", "document", "measure", "targets"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit code."""
    options = _parser().parse_args(arguments)
    found = _benchmarks()
    if options.list:
        print("\n".join(_listed(name, found[name]) for name in sorted(found)))
        return 0
    names = sorted(found) if options.names == ["all"] else options.names
    unknown = [name for name in names if name not in found]
    if unknown or not names:
        problem = f"unknown benchmark {unknown[0]!r}" if unknown else "no benchmark named"
        print(f"{problem} (one of {', '.join(sorted(found))}, or all)", file=sys.stderr)
        return 2
    results = [_run(found[name], options) for name in names]
    return 0 if all(results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what this project claims.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, or 'all'")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: each under 60 s on two cores")
    parser.add_argument("--json", action="store_true", help="print the JSON line only")
    parser.add_argument(
        "--document", action="store_true", help="write the results into docs/benchmarks.md and its plot"
    )
    parser.add_argument("--list", action="store_true", help="show all benchmarks and what they claim")
    return parser


def _benchmarks() -> dict[str, ModuleType]:
    """Import every benchmark; they import what they compare only when they run."""
    stems = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _NOT_BENCHMARKS)
    modules = [import_module(f"benchmarks.{stem}") for stem in stems]
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def _listed(name: str, module: ModuleType) -> str:
    targets = TARGETS.get(name, {})
    lines = [f"{name}"]
    claims = module.CLAIMS
    for key, text in claims.items() if isinstance(claims, Mapping) else (("", claims),):
        target = f"  [{targets[key]}]" if key in targets else ""
        lines.append(f"  {key}: {text}{target}" if key else f"  {text}")
    return "\n".join(lines)


def _run(module: ModuleType, options: argparse.Namespace) -> bool:
    """Run one benchmark, print what it found, and tell whether every target was met."""
    result: dict[str, Any] = module.run(options.quick)
    measures: dict[str, float] = result["measures"]
    judged = {key: (target, key in measures and target.is_met(measures[key])) for key, target in _targets(module)}
    if not options.json:
        _print_judged(measures, judged)
    line = {"name": module.NAME, "measures": measures, "params": result.get("params", {})}
    if options.document:
        keep(module.NAME, measures, line["params"], is_quick=options.quick)
    print(json.dumps(line), flush=True)
    return all(is_met for _, is_met in judged.values())


def _targets(module: ModuleType) -> list[tuple[str, Target]]:
    return list(TARGETS.get(module.NAME, {}).items())


def _print_judged(measures: Mapping[str, float], judged: Mapping[str, tuple[Target, bool]]) -> None:
    """Print each measure beside its target, to stderr."""
    keys = [*measures, *(key for key in judged if key not in measures)]
    width = max(map(len, keys), default=0)
    print(file=sys.stderr)
    for key in keys:
        value = f"{measures[key]:.3f}" if key in measures else "missing"
        target, is_met = judged.get(key, (None, True))
        verdict = "" if target is None else f"  {target!s:<8}  {'met' if is_met else 'NOT MET'}"
        print(f"{key:<{width}}  {value:>9}{verdict}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
