"""The matrix held against what roles have: what is too much, and what is lacking."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.access.objects import Guarded
from pytest_dbops.core.access.rules import AccessRules, ObjectRights, RoleRule
from pytest_dbops.core.catalog import PUBLIC, Grant
from pytest_dbops.core.frozen import frozen


@frozen
class Excess:
    """A right that a role has and the matrix has not.

    is_known: whether the matrix speaks of the role at all. only_option: whether just the right to pass it on is.
    through: the role that the owner gave it to and that passed it on; empty where the role has it of the owner.
    may_pass_on: whether others may have it of this role, the owner among them. kept: those whom the matrix gives it,
    among all who lose it with the role that passed it on.
    """

    thing: Guarded
    role: str
    right: str
    is_known: bool = True
    only_option: bool = False
    through: str = ""
    may_pass_on: bool = False
    kept: tuple[str, ...] = ()


@frozen
class Lack:
    """A right that the matrix has and the role has not."""

    thing: Guarded
    role: str
    right: str


def excesses(things: list[Guarded], rules: AccessRules) -> Iterator[Excess]:
    """Yield every right beyond the matrix; what the owner of an object has is its own."""
    for thing in things:
        for grant in thing.privileges.grants:
            rule = rules.rule(grant.grantee)
            if rules.ignores(grant.grantee) or (rule is None and grant.grantee == PUBLIC):
                continue
            is_given = rule is not None and grant.privilege in declared_for(rule, thing)
            if is_given and not grant.is_grantable:
                continue
            through = _through(thing, grant)
            losing = _given_by(thing, through or grant.grantee, grant.privilege)
            kept = tuple(each for each in losing if _is_declared(rules, each, thing, grant))
            yield Excess(
                thing, grant.grantee, grant.privilege, is_known=rule is not None, only_option=is_given, through=through,
                may_pass_on=grant.is_grantable, kept=kept,
            )  # fmt: skip


def _through(thing: Guarded, grant: Grant) -> str:
    """Return who got a right of the owner and passed it on, hand by hand, until it came to this role."""
    giver, seen = grant.grantor, set[str]()
    while giver and giver not in seen:
        seen.add(giver)
        above = [each.grantor for each in thing.privileges.grants
                 if each.grantee == giver and each.privilege == grant.privilege and each.is_grantable]  # fmt: skip
        if not above or "" in above:
            return giver
        giver = above[0]
    return giver


def _given_by(thing: Guarded, giver: str, right: str) -> tuple[str, ...]:
    """Return the roles that have a right of another role, directly or through others."""
    found: dict[str, None] = {}
    waiting = [giver]
    while waiting:
        name = waiting.pop()
        for each in thing.privileges.grants:
            if each.grantor == name and each.privilege == right and each.grantee not in found:
                found[each.grantee] = None
                waiting.append(each.grantee)
    return tuple(found)


def _is_declared(rules: AccessRules, role: str, thing: Guarded, grant: Grant) -> bool:
    rule = rules.rule(role)
    return rule is not None and grant.privilege in declared_for(rule, thing)


def lacks(things: list[Guarded], rules: AccessRules) -> Iterator[Lack]:
    """Yield every right of the matrix that is not there; partitions are reached through their parent."""
    held = {(thing.kind, thing.name): thing for thing in things}
    for rule in rules.roles:
        for thing in things:
            if thing.parent or thing.kind == "columns" or thing.owner == rule.name:
                continue
            for right in declared_for(rule, thing):
                if not _has(thing, rule.name, right):
                    yield Lack(thing, rule.name, right)
        yield from _lacking_columns(rule, held)


def unmatched(things: list[Guarded], rules: AccessRules) -> Iterator[tuple[RoleRule, str, str]]:
    """Yield (role, kind, name) for every name in the matrix, patterns left aside, that names nothing."""
    names = {(thing.kind, thing.name) for thing in things}
    for rule in rules.roles:
        for kind in ("schemas", "tables", "sequences", "functions"):
            for name, _ in _rights(rule, kind).pairs:
                if not set(name) & set("*?[") and (kind, name) not in names:
                    yield rule, kind, name
        for name, _ in rule.columns.pairs:
            if ("tables", name.rpartition(".")[0]) not in names and not set(name) & set("*?["):
                yield rule, "columns", name


def declared_for(rule: RoleRule, thing: Guarded) -> tuple[str, ...]:
    """Return the rights that the matrix gives a role on an object; a partition's are its own, else its parent's."""
    if thing.kind == "database":
        return rule.database
    if thing.kind == "columns":
        table, _, column = thing.name.rpartition(".")
        of_table = rule.tables.of(table) or (rule.tables.of(thing.parent) if thing.parent else None) or ()
        of_parent = rule.columns.of(f"{thing.parent}.{column}") if thing.parent else None
        return (*(rule.columns.of(thing.name) or of_parent or ()), *of_table)
    rights = _rights(rule, thing.kind)
    return rights.of(thing.name) or (rights.of(thing.parent) if thing.parent else None) or ()


def _lacking_columns(rule: RoleRule, held: dict[tuple[str, str], Guarded]) -> Iterator[Lack]:
    from pytest_dbops.core.catalog import quote_identifier

    for name, rights in rule.columns.pairs:
        table_name, _, column = name.rpartition(".")
        table = held.get(("tables", table_name))
        if table is None or table.owner == rule.name:
            continue
        of_column = held.get(("columns", name))
        for right in rights:
            if not _has(table, rule.name, right) and not (of_column and _has(of_column, rule.name, right)):
                quoted = quote_identifier(column)
                yield Lack(
                    Guarded("columns", name, table.place, table.privileges, table.owner, quoted), rule.name, right
                )


def _has(thing: Guarded, role: str, right: str) -> bool:
    return right in thing.privileges.of(role) or right in thing.privileges.of(PUBLIC)


def _rights(rule: RoleRule, kind: str) -> ObjectRights:
    rights: ObjectRights = getattr(rule, kind)
    return rights
