"""What the source of an env.py says of the project's MetaData and version table, without running any of it."""

from __future__ import annotations

import ast
from pathlib import Path

from pytest_dbops.core.frozen import frozen

_TARGET = "target_metadata"
_DEEPEST_ALIAS = 10


@frozen
class EnvSource:
    """What was found; `metadata` is `module:name`, or empty, and then `note` says why."""

    metadata: str
    note: str = ""
    has_own_version_table: bool = False


def read_env_source(env_file: Path, roots: tuple[Path, ...]) -> EnvSource:
    """Read an env.py; roots: the folders from which the project's modules are imported.

    Never raises for what is in the file: what cannot be told is said in `note`.
    """
    try:
        tree = ast.parse(env_file.read_bytes())
    except OSError as err:
        return EnvSource("", f"{env_file.name} cannot be read: {err.strerror}")
    except (SyntaxError, ValueError) as err:
        return EnvSource("", f"{env_file.name} is no Python that can be read: {err}")
    own_table = any(isinstance(node, ast.keyword) and node.arg == "version_table" for node in ast.walk(tree))
    names = _Names(tree, roots)
    value = names.value_of(_TARGET)
    if value is None:
        return EnvSource("", f"{env_file.name} sets no {_TARGET}", own_table)
    reference, note = names.reference(value)
    return EnvSource(reference, "" if reference else f"{_TARGET} in {env_file.name} {note}", own_table)


class _Names:
    """The names of a module: what each was imported as, and what was assigned to it last."""

    def __init__(self, tree: ast.Module, roots: tuple[Path, ...]) -> None:
        self._roots = roots
        self._imported: dict[str, str] = {}
        self._modules: set[str] = set()
        self._relative: set[str] = set()
        self._stars: list[str] = []
        self.assigned: dict[str, ast.expr] = {}
        for node in sorted(ast.walk(tree), key=lambda node: getattr(node, "lineno", 0)):
            self._note(node)

    def value_of(self, name: str) -> ast.expr | None:
        """Return what a name stands for, also where it was imported under it; None where it is nowhere set."""
        return self.assigned.get(name) or (ast.Name(name, ast.Load()) if name in self._imported else None)

    def reference(self, value: ast.expr, depth: int = 0) -> tuple[str, str]:
        """Return (`module:name`, nothing) for a MetaData that can be named, else (nothing, the reason why not)."""
        if isinstance(value, ast.Constant) and value.value is None:
            return "", "is None"
        if isinstance(value, ast.List | ast.Tuple):
            return self._of_several(value.elts, depth)
        parts: list[str] = []
        while isinstance(value, ast.Attribute):
            parts.insert(0, value.attr)
            value = value.value
        if not isinstance(value, ast.Name):
            return "", "is computed when env.py runs"
        name = value.id
        if name in self._imported:
            return self._named([*self._imported[name].split("."), *parts]), ""
        if name in self._relative:
            return "", "comes from a relative import"
        if name in self.assigned and depth < _DEEPEST_ALIAS:
            return self._of_alias(self.assigned[name], parts, depth)
        if len(self._stars) == 1:
            return self._named([*self._stars[0].split("."), name, *parts]), ""
        return "", f"is {name!r}, which is not imported by its name"

    def _of_alias(self, value: ast.expr, parts: list[str], depth: int) -> tuple[str, str]:
        for part in parts:
            value = ast.Attribute(value, part, ast.Load())
        return self.reference(value, depth + 1)

    def _of_several(self, values: list[ast.expr], depth: int) -> tuple[str, str]:
        if len(values) == 1:
            return self.reference(values[0], depth + 1)
        found = [reference for value in values if (reference := self.reference(value, depth + 1)[0])]
        return "", f"is a list of {len(values)}" + (f": {', '.join(found)}" if found else "")

    def _named(self, path: list[str]) -> str:
        """Return `module:name` for a dotted path: as much of it as is known to be a module, then what is in there."""
        known = max((n for n in range(1, len(path)) if self._is_module(path[:n])), default=1)
        if not self._is_ours(path[0]) and known < len(path) - 1 and path[known].islower():
            known += 1  # in a library, the spelling has to tell a module from a class
        inside = path[known:]
        if len(inside) > 1 and inside[-1] == "metadata":
            inside.pop()
        return f"{'.'.join(path[:known])}:{'.'.join(inside)}"

    def _is_module(self, path: list[str]) -> bool:
        places = [root.joinpath(*path) for root in self._roots]
        return ".".join(path) in self._modules or any(p.with_suffix(".py").is_file() or p.is_dir() for p in places)

    def _is_ours(self, top: str) -> bool:
        return any((root / top).is_dir() or (root / f"{top}.py").is_file() for root in self._roots)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.ImportFrom):
            self._note_from(node)
        elif isinstance(node, ast.Import):
            self._modules |= {alias.name for alias in node.names}
            for alias in node.names:
                self._imported[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.Assign):
            self.assigned |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            self.assigned[node.target.id] = node.value

    def _note_from(self, node: ast.ImportFrom) -> None:
        names = {alias.asname or alias.name: alias.name for alias in node.names}
        if node.level or not node.module:
            self._relative |= set(names)
            return
        self._modules.add(node.module)
        if "*" in names:
            self._stars.append(node.module)
        else:
            self._imported |= {name: f"{node.module}.{original}" for name, original in names.items()}
