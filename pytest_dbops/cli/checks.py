"""`dbops checks`: what a gate asks."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.check import Check

_KEYS = {
    "code": "three letters and three digits, never used again",
    "name": "the bad state in words; the last part of the node id",
    "category": "group of the check, the middle part of the node id",
    "severity": "info, warning, error or critical; as configured",
    "title": "what is wrong, in a sentence",
    "description": "the title, what it causes and how to mend it",
    "backends": "database products it is asked on",
    "environments": "kinds of environment it is asked in; empty means all",
    "cost": "what it reads: catalog, sample or full",
    "privilege": "the least a role needs for an honest answer",
    "settings": "thresholds by name; set them in [checks.CODE] of dbops.toml",
    "is_enabled": "whether the configuration leaves it on",
    "is_own": "whether the check is the project's own",
    "is_static": "whether it is asked of test databases too, which answer it without a row",
}
JSON = {"list": Shape(_KEYS, is_list=True), "show": Shape(_KEYS)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list` and `show`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | show", title="verbs")
    add_verb(
        verbs, "list", "list one line a check, the project's own among them",
        more="Outside of a project only the checks that are shipped are listed. Connects nowhere.",
    )  # fmt: skip
    show = add_verb(
        verbs, "show", "show what one check asks, what the bad state causes and how to mend it",
        epilog="examples:\n  dbops checks show SCH003\n  dbops checks show table_without_primary_key",
    )  # fmt: skip
    show.add_argument("code", metavar="CODE", help="code or name of the check, or its node id")


def run(context: Context) -> int:
    """Print the checks, or one of them."""
    from pytest_dbops.operations.named_check import named_check

    checks = _known(context)
    if context.args.verb == "list":
        _list(context, checks)
    else:
        _show(context, named_check(checks, context.args.code))
    return 0


def _known(context: Context) -> tuple[Check, ...]:
    """Return all checks of the project as it tunes them; outside a project, those that are shipped."""
    from pytest_dbops.checks.registry import builtin_checks, collect_checks
    from pytest_dbops.config.tuning import tune_checks
    from pytest_dbops.operations.aside import printing_aside

    config = context.project
    if config is None:
        return builtin_checks()
    own = [config.path(place) for place in config.project.checks]
    with printing_aside(context.mask):
        return tune_checks(config, collect_checks(own, root=config.root))


def _list(context: Context, checks: tuple[Check, ...]) -> None:
    if context.is_json:
        context.say_json([_as_json(check) for check in checks])
        return
    from pytest_dbops.cli.terminal import paint_for, table

    rows = [("CODE", "CATEGORY", "SEVERITY", "BACKENDS", "NAME")]
    rows += [(c.code, c.category, _severity(c), ", ".join(c.backends), c.name) for c in checks]
    context.say(table(rows, paint=paint_for(sys.stdout)))


def _show(context: Context, check: Check) -> None:
    if context.is_json:
        context.say_json(_as_json(check))
        return
    from pytest_dbops.cli.terminal import paint_for
    from pytest_dbops.reports.paint import Style

    facts = [
        ("node id", f"dbops.toml::{check.category}::{check.name}"),
        ("severity", _severity(check)),
        ("backends", ", ".join(check.backends)),
        ("environments", (", ".join(check.kinds) or "all") + (", and test databases" if check.is_static else "")),
        ("reads", check.cost.value),
        ("needs", check.privilege.value),
        *((f"[checks.{check.code}]" if not number else "", f"{name} = {_toml(value)}")
          for number, (name, value) in enumerate(_thresholds(check).items())),
    ]  # fmt: skip
    context.say(paint_for(sys.stdout)(f"{check.code} {check.name}", Style.HEADING))
    context.say(f"\n{_wrapped(check.description)}\n")
    for name, value in facts:
        context.say(f"{name:<16}  {value}")


def _wrapped(description: str) -> str:
    """Return the paragraphs as wide as the terminal; what is indented, such as a statement, stays as it is."""
    from textwrap import fill

    from pytest_dbops.cli.parsing import columns

    paragraphs = description.split("\n\n")
    return "\n\n".join(text if "\n " in text or text[:1] in "-*` " else fill(text, columns()) for text in paragraphs)


def _as_json(check: Check) -> dict[str, object]:
    return {
        "code": check.code, "name": check.name, "category": check.category, "severity": _severity_label(check),
        "title": check.title, "description": check.description, "backends": check.backends,
        "environments": check.kinds, "cost": check.cost, "privilege": check.privilege,
        "settings": _thresholds(check), "is_enabled": _is_enabled(check), "is_own": check.is_own,
        "is_static": check.is_static,
    }  # fmt: skip


def _severity(check: Check) -> str:
    return _severity_label(check) if _is_enabled(check) else "off"


def _severity_label(check: Check) -> str:
    return str(check.settings.get("severity", check.severity.label))


def _is_enabled(check: Check) -> bool:
    return bool(check.settings.get("enabled", True))


def _thresholds(check: Check) -> dict[str, object]:
    return {name: value for name, value in check.settings.items() if name not in ("enabled", "severity")}


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
