"""Triggers, policies and rules from their common statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

from pytest_dbops.backends.postgresql.catalog.names import Names, is_own_function
from pytest_dbops.core.catalog import Policy, Rule, Trigger
from pytest_dbops.core.frozen import frozen

_ENABLED = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}
_COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "*": "ALL"}


@frozen
class TableParts:
    """What hangs on one table besides columns, constraints and indexes."""

    triggers: list[Trigger] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def sorted_triggers(self) -> tuple[Trigger, ...]:
        """Return the triggers by name."""
        return tuple(sorted(self.triggers, key=lambda trigger: trigger.name))

    def sorted_policies(self) -> tuple[Policy, ...]:
        """Return the policies by name."""
        return tuple(sorted(self.policies, key=lambda policy: policy.name))

    def sorted_rules(self) -> tuple[Rule, ...]:
        """Return the rules by name."""
        return tuple(sorted(self.rules, key=lambda rule: rule.name))


NO_PARTS = TableParts()


def enabled_state(letter: str) -> str:
    """Return in words when a trigger or rule fires."""
    return _ENABLED[letter]


def build_table_parts(rows: Iterable[Sequence[Any]], names: Names) -> dict[int, TableParts]:
    """Return triggers, policies and rules by the oid of their table or view."""
    result: dict[int, TableParts] = {}
    for kind, oid, table, name, text in rows:
        parts = result.setdefault(table, TableParts())
        facts = json.loads(text)
        if kind == "trigger" and is_own_function(facts["function"]):
            continue
        if kind == "trigger":
            parts.triggers.append(_trigger(oid, name, facts, names))
        elif kind == "policy":
            parts.policies.append(_policy(oid, name, facts, names))
        else:
            comment = names.comment("pg_rewrite", oid)
            parts.rules.append(Rule(name, facts["definition"], _ENABLED[facts["enabled"]], comment))
    return result


def _trigger(oid: int, name: str, facts: dict[str, Any], names: Names) -> Trigger:
    constraint = facts["constraint"]
    if constraint is not None:
        # The server names such a trigger after its oid, which is another one in every database.
        owner = names.constraints.get(int(constraint), "")
        name = f"{owner} {facts['function'].partition('(')[0].strip(chr(34))}"
        return Trigger(name, "", facts["function"], _ENABLED[facts["enabled"]], owner)
    return Trigger(
        name,
        facts["definition"],
        facts["function"],
        _ENABLED[facts["enabled"]],
        is_inherited=facts["is_inherited"],
        comment=names.comment("pg_trigger", oid),
    )


def _policy(oid: int, name: str, facts: dict[str, Any], names: Names) -> Policy:
    return Policy(
        name,
        _COMMANDS[facts["command"]],
        tuple(facts["roles"]),
        facts["is_permissive"],
        facts["using"],
        facts["with_check"],
        names.comment("pg_policy", oid),
    )
