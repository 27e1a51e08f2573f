"""Keep what was measured in `docs/benchmarks.json`, and write it as a page with a plot.

A page is made of the kept results alone, so it can be made again without measuring: `write_page(DOCS)`.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from importlib import import_module
from pathlib import Path
from textwrap import fill
from typing import Any

from benchmarks.targets import TARGETS, Bound, Target

DOCS = Path(__file__).parents[1] / "docs"
_ROW, _LEFT, _WIDTH, _UNIT = 22, 260, 760, 300
_PAGE = """\
# Benchmarks

What this project claims of its own speed, each against a reference that runs side by side, in turns, on the same
machine in the same minutes. Ratios are judged, not times. Run one yourself:

```bash
pip install -e '.[dev,bench]'
python -m benchmarks NAME          # --quick for less than a minute each, --list for all that there are
```

![How much of each bound is used]({plot})

A bar shows how much of its bound a measure uses; one that reaches the line, or passes it, misses its target.

{sections}
This page and its plot are written by `python -m benchmarks all --document`.
"""
_SECTION = """\
## {name}

{told}

| measure | what it is | measured | target | |
|---|---|---|---|---|
{rows}

{where}
"""


def keep(name: str, measures: Mapping[str, float], params: Mapping[str, Any], *, is_quick: bool) -> None:
    """Keep the results of one benchmark, and write the page anew."""
    kept = read_kept(DOCS)
    kept[name] = {
        "measures": dict(measures),
        "params": {**params, "python": platform.python_version()},
        "date": datetime.now(UTC).date().isoformat(),
        "is_quick": is_quick,
    }
    (DOCS / "benchmarks.json").write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_page(DOCS)


def read_kept(docs: Path) -> dict[str, Any]:
    """Return the kept results by benchmark; none where nothing was kept."""
    file = docs / "benchmarks.json"
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return kept


def write_page(docs: Path) -> None:
    """Write the page and the plot of the kept results."""
    kept = read_kept(docs)
    (docs / "benchmarks.md").write_text(page(kept), encoding="utf-8")
    (docs / "benchmarks.svg").write_text(plot(kept), encoding="utf-8")


def page(kept: Mapping[str, Any]) -> str:
    """Return the page, as Markdown."""
    names = [name for name in TARGETS if name in kept]
    return _PAGE.format(plot="benchmarks.svg", sections="\n".join(_section(name, kept[name]) for name in names))


def plot(kept: Mapping[str, Any]) -> str:
    """Return the plot, as SVG: a bar a measure, as long as the share of its bound that it uses."""
    bars = list(_bars(kept))
    height = _ROW * (len(bars) + 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif"'
        ' font-size="12" role="img" aria-label="How much of each bound is used">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (label, share, shown) in enumerate(bars):
        top, width = number * _ROW + 6, round(min(share, 1.3) * _UNIT, 1)
        colour = "#2f6f4f" if share <= 1 else "#b3261e"
        lines += [
            f'<text x="{_LEFT - 8}" y="{top + 12}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_ROW - 8}" fill="{colour}"/>',
            f'<text x="{_LEFT + max(width, _UNIT) + 8}" y="{top + 12}">{escape(shown)}</text>',
        ]
    bound = _LEFT + _UNIT
    lines.append(f'<line x1="{bound}" y1="0" x2="{bound}" y2="{height}" stroke="#444444" stroke-dasharray="4 3"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def share_of_bound(target: Target, value: float) -> float:
    """Return how much of a bound a value uses: over 1 misses it; 0 for a bound of nothing that is kept."""
    used, limit = (value, target.limit) if target.bound is Bound.AT_MOST else (target.limit, value)
    if limit:
        return used / limit
    return 0.0 if used <= 0 else float("inf")


def _bars(kept: Mapping[str, Any]) -> Iterator[tuple[str, float, str]]:
    for name, targets in TARGETS.items():
        measures = kept.get(name, {}).get("measures", {})
        for key, target in targets.items():
            if key in measures:
                value = measures[key]
                yield f"{name} {key}", share_of_bound(target, value), f"{value:g} (target {target})"


def _section(name: str, kept: Mapping[str, Any]) -> str:
    module = import_module(f"benchmarks.{name}")
    paragraphs = (module.__doc__ or "").strip().split("\n\n")
    told = "\n\n".join(fill(" ".join(each.split()), width=118, break_long_words=False) for each in paragraphs)
    rows = "\n".join(_row(key, value, name, module.CLAIMS) for key, value in kept["measures"].items())
    where = "; ".join(f"{key} {_said(value)}" for key, value in sorted(kept["params"].items()))
    quick = ", `--quick`" if kept["is_quick"] else ""
    return _SECTION.format(name=name, told=told, rows=rows, where=f"Measured on {kept['date']}{quick}: {where}.")


def _row(key: str, value: float, name: str, claims: Mapping[str, str] | str) -> str:
    target = TARGETS[name].get(key)
    what = (claims.get(key, "") if isinstance(claims, Mapping) else claims).replace("|", "/")
    verdict = "" if target is None else "met" if target.is_met(value) else "**missed**"
    return f"| `{key}` | {what} | {value:g} | {'' if target is None else target} | {verdict} |"


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)
