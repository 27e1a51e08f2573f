"""The present state of a database as a matrix, written as dbops.toml has it."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pytest_dbops.core.access.objects import Guarded, guarded_objects
from pytest_dbops.core.access.roles import Role, Roles
from pytest_dbops.core.access.rules import RIGHTS
from pytest_dbops.core.catalog import PUBLIC, Catalog

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DEFAULTS = {"table": "default_tables", "sequence": "default_sequences", "function": "default_functions"}
_FEWEST_FOR_PATTERN = 2


def present_matrix(catalog: Catalog, roles: Roles, *, leave_out: Sequence[str] = ()) -> str:
    """Return `[access]` tables that a gate of this database would pass; read them before they are kept.

    leave_out: roles that are not written, such as the gate's own. Rights of PUBLIC are written only where they are
    more than PostgreSQL gives it. Where all objects of a kind have the same rights they become one pattern.
    """
    things = list(guarded_objects(catalog))
    owners = Counter(thing.owner for thing in things if thing.kind == "tables")
    held = _held(things)
    names = {role for role in held if role not in leave_out}
    names |= {grant.grantee for default in catalog.default_privileges for grant in default.grants
              if grant.grantee != default.role and grant.grantee not in leave_out}  # fmt: skip
    if not _differs(things, catalog):
        names.discard(PUBLIC)
    parts = ["[access]"]
    if owners:
        parts.append(f"owner = {_text(max(sorted(owners), key=lambda owner: owners[owner]))}")
    for name in sorted(names):
        parts += ["", f"[access.roles.{_key(name)}]", *_role_lines(name, roles.role(name), held[name], things, catalog)]
    return "\n".join(parts) + "\n"


def _held(things: Sequence[Guarded]) -> dict[str, dict[tuple[str, str], set[str]]]:
    found: dict[str, dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
    for thing in things:
        for grant in thing.privileges.grants:
            found[grant.grantee][thing.kind, thing.name].add(grant.privilege)
    return found


def _differs(things: Sequence[Guarded], catalog: Catalog) -> bool:
    """Tell whether PUBLIC has anything that PostgreSQL does not give it by itself."""
    usual = {"database": {"CONNECT", "TEMPORARY"}, "functions": {"EXECUTE"}, "schemas": {"USAGE"}}
    return any(set(thing.privileges.of(PUBLIC)) - usual.get(thing.kind, set()) for thing in things)


def _role_lines(
    name: str, role: Role | None, held: Mapping[tuple[str, str], set[str]], things: Sequence[Guarded], catalog: Catalog
) -> Iterator[str]:
    if role is not None and role.attributes:
        yield f"attributes = {_list(role.attributes)}"
    if role is not None and role.member_of:
        yield f"member_of = {_list(membership.role for membership in role.member_of)}"
    for thing in things:
        if thing.kind == "database" and (rights := held.get(("database", thing.name))):
            yield f"database = {_list(_in_order('database', rights))}"
        elif thing.kind == "database" and name == PUBLIC:
            yield "database = []"
    for kind in ("schemas", "tables", "columns", "sequences", "functions"):
        of_kind = {key[1]: rights for key, rights in held.items() if key[0] == kind}
        every = [thing.name for thing in things if thing.kind == kind and not thing.parent and thing.owner != name]
        if of_kind:
            yield f"{kind} = {{ {', '.join(_pairs(kind, of_kind, every))} }}"
        elif name == PUBLIC and kind in ("schemas", "functions"):
            yield f"{kind} = {{}}"
    for kind, key in _DEFAULTS.items():
        rights = {
            grant.privilege
            for default in catalog.default_privileges
            if default.kind == kind
            for grant in default.grants
            if grant.grantee == name and name != default.role
        }
        if rights:
            yield f"{key} = {_list(_in_order(f'{kind}s', rights))}"


def _pairs(kind: str, held: Mapping[str, set[str]], every: Sequence[str]) -> Iterator[str]:
    """Yield names with their rights; `*` for all of them where each has the same."""
    distinct = {frozenset(rights) for rights in held.values()}
    is_pattern = len(distinct) == 1 and set(every) <= held.keys() and len(held) >= _FEWEST_FOR_PATTERN
    shown = {"*": next(iter(held.values()))} if is_pattern and kind != "columns" else held
    for name, rights in sorted(shown.items()):
        yield f"{_key(name)} = {_list(_in_order(kind, rights))}"


def _in_order(kind: str, rights: set[str]) -> list[str]:
    order = RIGHTS[kind]
    return sorted(rights, key=lambda right: order.index(right) if right in order else len(order))


def _list(words: Iterator[str] | Sequence[str]) -> str:
    return f"[{', '.join(_text(word) for word in words)}]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
