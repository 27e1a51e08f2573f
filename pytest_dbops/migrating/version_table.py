"""Which table holds what is applied: what env.py hands to alembic's `context.configure`, read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.constants import Assigned, NotConstant, constant_of, every_constant
from pytest_dbops.migrating.scripts import Scripts, setting_of

_DEFAULT = "alembic_version"
_INI_READERS = frozenset({"get_main_option", "get_alembic_option", "get_section_option"})


@frozen
class VersionTable:
    """The table of applied revisions; an empty schema is the one the database looks in first."""

    name: str = _DEFAULT
    schema: str = ""

    @property
    def shown(self) -> str:
        """The table as people write it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


def parse_version_table(text: str) -> VersionTable:
    """Return the table of `NAME` or `SCHEMA.NAME`."""
    schema, _, name = text.rpartition(".")
    if not name:
        raise ConfigError(f"{text!r} is no table (write NAME or SCHEMA.NAME)")
    return VersionTable(name, schema)


def find_version_table(scripts: Scripts) -> VersionTable:
    """Return the table that env.py names, else alembic's own; raises ConfigError where only running it would tell."""
    file = scripts.folder / "env.py"
    try:
        tree = ast.parse(file.read_bytes())
    except OSError as err:
        raise ConfigError(f"{file.name} cannot be read: {err.strerror}") from err
    except (SyntaxError, ValueError) as err:
        raise ConfigError(f"{file.name} is no Python that can be read: {err}") from err
    names = every_constant(tree)
    name, schema = (_named(option, tree, names, scripts) for option in ("version_table", "version_table_schema"))
    return VersionTable(name or _DEFAULT, schema)


def _named(option: str, tree: ast.Module, names: Mapping[str, Assigned], scripts: Scripts) -> str:
    """Return the one text an option is given; empty when it is not given."""
    found = {_text(value, option, names, scripts) for value in _given(option, tree)}
    if len(found) > 1:
        raise _unknown(option, f"is given as {' and '.join(sorted(map(repr, found)))}")
    return next(iter(found), "")


def _given(option: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what an option is given as: a keyword, a key of a dictionary, an item that is set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == option:
            yield node.value
        elif isinstance(node, ast.Dict):
            yield from (v for k, v in zip(node.keys, node.values, strict=True) if k is not None and _is(k, option))
        elif isinstance(node, ast.Assign):
            targets = [each for each in node.targets if isinstance(each, ast.Subscript) and _is(each.slice, option)]
            yield from (node.value for _ in targets)


def _text(node: ast.expr, option: str, names: Mapping[str, Assigned], scripts: Scripts) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _INI_READERS:
        return _of_ini(node, option, names, scripts)
    try:
        value = constant_of(node, names)
    except NotConstant:
        raise _unknown(option, f"is {ast.unparse(node)!r}") from None
    if isinstance(value, tuple):
        raise _unknown(option, f"is {value!r}")
    return value or ""


def _of_ini(call: ast.Call, option: str, names: Mapping[str, Assigned], scripts: Scripts) -> str:
    """Return what a call that reads the ini returns: its setting, else the default it is given."""
    is_of_section = isinstance(call.func, ast.Attribute) and call.func.attr == "get_section_option"
    key, *rest = call.args[is_of_section:] or [ast.Constant(None)]
    default = rest[0] if rest else next((each.value for each in call.keywords if each.arg == "default"), None)
    try:
        name = constant_of(key, names)
    except NotConstant:
        name = None
    if is_of_section or not isinstance(name, str):
        raise _unknown(option, f"is {ast.unparse(call)!r}")
    return setting_of(scripts, name) or (_text(default, option, names, scripts) if default is not None else "")


def _is(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _unknown(option: str, what: str) -> ConfigError:
    return ConfigError(
        f"{option} {what} in env.py, which is not run here (name it: [migrations] version_table, or --version-table)"
    )
