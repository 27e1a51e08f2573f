"""`dbops checks`: what a gate asks."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.check import Check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list` and `show`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | show CODE")
    verbs.add_parser("list", help="one line a check, the project's own among them")
    show = verbs.add_parser("show", help="all that one check says of itself")
    show.add_argument("code", metavar="CODE", help="code or name of the check, as in SCH003")


def run(context: Context) -> int:
    """Print the checks, or one of them."""
    checks = _known(context)
    if context.args.verb == "list":
        _list(context, checks)
        return 0
    _show(context, _find(checks, context.args.code))
    return 0


def _known(context: Context) -> tuple[Check, ...]:
    """Return all checks of the project; outside a project, those that are shipped."""
    from pytest_dbops.checks.registry import builtin_checks, collect_checks

    try:
        config = context.config
    except ConfigError:
        if getattr(context.args, "config", None) is not None:
            raise
        return builtin_checks()
    return collect_checks([config.path(place) for place in config.project.checks], root=config.root)


def _find(checks: tuple[Check, ...], wanted: str) -> Check:
    for check in checks:
        if wanted in (check.name, f"{check.category}::{check.name}") or wanted.upper() == check.code:
            return check
    near = get_close_matches(wanted.upper(), [check.code for check in checks], n=1)
    raise UsageError(f"there is no check {wanted!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _list(context: Context, checks: tuple[Check, ...]) -> None:
    if context.is_json:
        context.say_json([_as_json(check) for check in checks])
        return
    from pytest_dbops.cli.terminal import table

    rows = [("CODE", "CATEGORY", "SEVERITY", "BACKENDS", "NAME")]
    rows += [(c.code, c.category, c.severity.label, ", ".join(c.backends), c.name) for c in checks]
    context.say(table(rows))


def _show(context: Context, check: Check) -> None:
    if context.is_json:
        context.say_json(_as_json(check))
        return
    facts = [
        ("node id", f"dbops.toml::{check.category}::{check.name}"),
        ("severity", check.severity.label),
        ("backends", ", ".join(check.backends)),
        ("environments", ", ".join(check.kinds) or "all"),
        ("reads", check.cost.value),
        ("needs", check.privilege.value),
        *((f"  {name}", str(value)) for name, value in check.settings.items()),
    ]
    context.say(f"{check.code} {check.name}\n")
    context.say(check.description + "\n")
    for name, value in facts:
        context.say(f"{name:<16} {value}")
    if check.settings:
        context.say(f"\nsettings go into [checks.{check.code}] of dbops.toml")


def _as_json(check: Check) -> dict[str, object]:
    return {
        "code": check.code, "name": check.name, "category": check.category, "severity": check.severity.label,
        "title": check.title, "description": check.description, "backends": list(check.backends),
        "environments": list(check.kinds), "cost": check.cost.value, "privilege": check.privilege.value,
        "settings": dict(check.settings), "own": check.is_own,
    }  # fmt: skip
