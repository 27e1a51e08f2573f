"""Edit the tables `[[key]]` of a configuration's text, and prove by reading it again that nothing else has changed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from typing import Any

Written = str | date | Sequence[str]
_ASSIGNED = re.compile(r"^(\s*)([A-Za-z_]+)(\s*=\s*)")


class NotEditable(ValueError):
    """Raised for a text whose keys cannot be edited so that all else surely stays."""


def render_key(values: Mapping[str, Written], prefix: Sequence[str]) -> str:
    """Return a key as a table of its own."""
    width = max(map(len, values))
    lines = [f"{name:<{width}} = {_rendered(value)}" for name, value in values.items()]
    return "\n".join([f"[[{_name(prefix)}]]", *lines]) + "\n"


def with_keys(text: str, prefix: Sequence[str], added: Sequence[Mapping[str, Written]]) -> str:
    """Return the text with further keys at its end; raises NotEditable where they would not be read as such."""
    wanted = tomllib.loads(text)
    keys = _table(wanted, prefix).setdefault("key", [])
    if not isinstance(keys, list):
        raise NotEditable
    keys += [_plain(each) for each in added]
    gap = "" if not text or text.endswith("\n") else "\n"
    return _proven(f"{text}{gap}\n" + "\n".join(render_key(each, prefix) for each in added), wanted)


def with_changes(text: str, prefix: Sequence[str], changes: Mapping[str, Mapping[str, Written | None]]) -> str:
    """Return the text with values of keys, by name of the key, set or (None) taken out; raises NotEditable."""
    wanted = tomllib.loads(text)
    for key in _table(wanted, prefix)["key"]:
        for name, value in changes.get(key["name"], {}).items():
            key.pop(name, None)
            if value is not None:
                key.update(_plain({name: value}))
    lines = text.splitlines(keepends=True)
    header = re.compile(rf"\s*\[\[\s*{re.escape(_name(prefix))}\s*\]\]")
    starts = [at for at, line in enumerate(lines) if header.match(line)]
    for start in reversed(starts):  # so that places before it stay
        end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
        try:
            named = tomllib.loads("".join(lines[start + 1 : end])).get("name")
        except tomllib.TOMLDecodeError:
            raise NotEditable from None
        if isinstance(named, str) and named in changes:
            lines[start + 1 : end] = _changed(lines[start + 1 : end], changes[named])
    return _proven("".join(lines), wanted)


def _changed(lines: Sequence[str], values: Mapping[str, Written | None]) -> list[str]:
    made, left = list[str](), dict(values)
    for line in lines:
        found = _ASSIGNED.match(line)
        if found is None or found[2] not in left:
            made.append(line)
        elif (value := left.pop(found[2])) is not None:
            made.append(f"{found[0]}{_rendered(value)}\n")
    last = max((at for at, line in enumerate(made) if _ASSIGNED.match(line)), default=-1)
    if last >= 0 and not made[last].endswith("\n"):
        made[last] += "\n"
    new = [f"{name} = {_rendered(value)}\n" for name, value in left.items() if value is not None]
    return [*made[: last + 1], *new, *made[last + 1 :]]


def _proven(text: str, wanted: Mapping[str, Any]) -> str:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise NotEditable from None
    if found != wanted:
        raise NotEditable
    return text


def _table(document: dict[str, Any], prefix: Sequence[str]) -> dict[str, Any]:
    for part in prefix:
        document = document[part]
    return document


def _plain(values: Mapping[str, Written]) -> dict[str, Any]:
    return {name: deepcopy(list(each)) if isinstance(each, tuple | list) else each for name, each in values.items()}


def _name(prefix: Sequence[str]) -> str:
    return ".".join([*prefix, "key"])


def _rendered(value: Written) -> str:
    if isinstance(value, date):
        return value.isoformat()
    # A JSON string is a TOML string where it holds no character that JSON leaves as it is and TOML does not.
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
