"""Read one revision file as a syntax tree: what it is called, what it follows, and whether it can be taken back."""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_dbops.core.history import Downgrade, HistoryProblem, ProblemKind, Revision
from pytest_dbops.migrating.constants import Assigned, statements
from pytest_dbops.migrating.constants import module_constants as constants_of
from pytest_dbops.migrating.downgrades import describe_downgrade

# Alembic's own header lines, for a docstring that leaves no empty line after its title.
_HEADER = re.compile(r"(Revision ID|Revises|Create Date)\s*:")
_ID_IN_NAME = re.compile(r"([a-f0-9]+)\.py$")
_WAY_OUT = "write it as a constant: what only running the file would tell cannot be judged offline"


class NotARevision(Exception):
    """Raised for a file that holds no revision that can be read; its one argument is the HistoryProblem."""

    @property
    def problem(self) -> HistoryProblem:
        """What is wrong with the file."""
        found: HistoryProblem = self.args[0]
        return found


def read_revision(path: Path, file: str, content: bytes | None = None) -> Revision:
    """Return the revision of a file without running it; `file` is how it is called in what is said of it.

    content: the file's, where it was read already. Raises NotARevision.
    """
    tree = _parsed(path, file, content)
    names = constants_of(tree)
    functions = _functions(tree)
    upgrade, downgrade = functions.get("upgrade"), functions.get("downgrade")
    kind, reason = describe_downgrade(downgrade) if downgrade is not None else (Downgrade.MISSING, "")
    if "revision" in functions and "revision" not in names:  # it is imported
        raise _not_static("revision", file, functions["revision"].lineno)
    identity, line = _id(names, path, file)
    return Revision(
        id=identity,
        down=_texts("down_revision", names, file, line, is_required=True),
        depends_on=_texts("depends_on", names, file, line),
        labels=_texts("branch_labels", names, file, line),
        title=_title(ast.get_docstring(tree, clean=False) or ""),
        file=file,
        line=line,
        upgrade_line=upgrade.lineno if upgrade is not None else 0,
        downgrade_line=downgrade.lineno if downgrade is not None else 0,
        downgrade=kind,
        irreversible_reason=reason,
        digest=digest_of(tree, path.parent),
    )


def digest_of(tree: ast.Module, folder: Path) -> str:
    """Return SHA-256 of what a module does: its tree without positions, comments and docstrings, and files it names.

    folder: where the module's file is; what `Path(__file__).with_name("...")` names in it is part of the revision.
    """
    return digest_of_parts(tree, list(files_beside(tree, folder)))


def digest_of_parts(tree: ast.Module, beside: Iterable[tuple[str, bytes]]) -> str:
    """Return what `digest_of` returns, given the files beside by name; the tree loses its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.body = node.body[ast.get_docstring(node, clean=False) is not None :]
    digest = hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass"))
    for name, content in beside:
        for part in (name.encode("utf-8", "surrogateescape"), content):
            digest.update(b"\0" + hashlib.sha256(part).digest())
    return digest.hexdigest()


def files_beside(tree: ast.Module, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files that a module names beside itself, or that are in a folder it names."""
    for name in sorted(_named_beside(tree)):
        yield from _contents(folder / name)


def _named_beside(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "with_name":
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and type(each.value) is str)


def _contents(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of a file, or of the files of a folder; nothing for what cannot be read."""
    with suppress(OSError, ValueError):
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            if file.is_file():
                yield file.name, file.read_bytes()


def _parsed(path: Path, file: str, content: bytes | None) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an invalid escape in somebody's file
            return ast.parse(path.read_bytes() if content is None else content)
    except OSError as err:
        what, line = f"cannot be read: {err.strerror}", 0
    except SyntaxError as err:
        what, line = f"is no Python: {err.msg}", err.lineno or 0
    except (ValueError, RecursionError, MemoryError) as err:
        what, line = f"is no Python: {' '.join(str(err).split())}", 0
    problem = HistoryProblem(
        ProblemKind.DOES_NOT_PARSE, "", file, line, f"revision file {path.name} {what}", "mend it, or take it away"
    )
    raise NotARevision(problem) from None


def _functions(tree: ast.Module) -> Mapping[str, ast.stmt]:
    """Return the statements that bind the names of a module which alembic calls, the last of each."""
    return {name: node for node in statements(tree.body) for name in _bound(node)}


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _id(names: Mapping[str, Assigned], path: Path, file: str) -> tuple[str, int]:
    """Return the revision id and its line; a file of alembic before 0.2 has it in its name."""
    if (assigned := names.get("revision")) is None:
        if found := _ID_IN_NAME.match(path.name):
            return found[1], 1
        raise NotARevision(
            HistoryProblem(
                ProblemKind.NO_REVISION_ID, "", file, 0, f"revision file {path.name} assigns no revision id",
                "give it one, or move it out of the folder of revisions",
            )
        )  # fmt: skip
    if not assigned.is_known or not isinstance(assigned.value, str) or not assigned.value:
        raise _not_static("revision", file, assigned.line)
    return assigned.value, assigned.line


def _texts(
    name: str, names: Mapping[str, Assigned], file: str, line: int, *, is_required: bool = False
) -> tuple[str, ...]:
    """Return a name's value as texts: None is none, one text is one."""
    assigned = names.get(name)
    if assigned is None and is_required:
        raise _not_static(name, file, line)
    if assigned is None or (assigned.is_known and assigned.value is None):
        return ()
    values = assigned.value if isinstance(assigned.value, tuple) else (assigned.value,)
    texts = tuple(each for each in values if isinstance(each, str))
    if not assigned.is_known or len(texts) != len(values):
        raise _not_static(name, file, assigned.line)
    return tuple(dict.fromkeys(texts))


def _not_static(name: str, file: str, line: int) -> NotARevision:
    what = f"{name} of {Path(file).name} is not assigned as a constant"
    return NotARevision(HistoryProblem(ProblemKind.NOT_STATIC, "", file, line, what, _WAY_OUT))


def _title(docstring: str) -> str:
    """Return the first paragraph on one line, without the header that alembic writes below it."""
    lines = []
    for line in docstring.strip().splitlines():
        if not line.strip() or _HEADER.match(line.strip()):
            break
        lines.append(line)
    return " ".join(" ".join(lines).split())
