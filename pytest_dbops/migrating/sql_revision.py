"""The text of a revision whose statements stand in `.sql` files beside it."""

from __future__ import annotations

import json

IMPORTS = """\
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
"""
UPGRADE = '_run("migration.sql")'
DOWNGRADE = '_run("rollback.sql")'

_HELPERS = '''\
FOLDER = Path(__file__).with_name("{name}")
PIECES = re.compile(
    r"""(?<!\\w)[eE]'(?:[^'\\\\]|\\\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\\n]* | /\\*.*?\\*/
    | (?<!\\w)\\$(?P<tag>[^\\W\\d]\\w*|)\\$.*?\\$(?P=tag)\\$ | ;""",
    re.VERBOSE | re.DOTALL,
)


def _run(name: str) -> None:
    """Run the statements of a file, each by itself and exactly as it is written."""
    about = json.loads((FOLDER / "metadata.json").read_text("utf-8"))
    statements = list(_statements((FOLDER / name).read_text("utf-8")))
    if not statements:
        raise NotImplementedError(about["irreversible_because"] or f"{{FOLDER.name}}/{{name}} holds no statement")
    context = op.get_context()
    with nullcontext() if about["is_transactional"] else context.autocommit_block():
        for statement in statements:
            if context.as_sql:
                context.impl.static_output(f"{{statement}};\\n")
            else:
                op.get_bind().exec_driver_sql(statement, execution_options={{"no_parameters": True}})


def _statements(text: str) -> Iterator[str]:
    """Yield what stands between semicolons that are in no literal, no comment and no body of a trigger or function."""
    text += "\\n;"
    start, seen, bare = 0, 0, ""
    for found in PIECES.finditer(text):
        bare += text[seen : found.start()]
        seen = found.end()
        if found[0] != ";" or _is_within_body(bare):
            bare += " " if found[0].startswith(("--", "/*")) else "?"
            continue
        if bare.strip():
            yield text[start : found.start()].strip()
        start, bare = seen, ""
    if bare.strip():
        yield text[start:-1].strip()


def _is_within_body(bare: str) -> bool:
    """Whether a statement is still between the BEGIN and END of a trigger or of an SQL function."""
    words = re.findall(r"\\w+", bare.upper())
    has_body = words[:1] == ["CREATE"] and ("TRIGGER" in words[:5] or "ATOMIC" in words)
    return has_body and sum(word in ("BEGIN", "CASE") for word in words) > words.count("END")
'''
_MIGRATION = """\
-- {description}
-- Statements end with a semicolon. What cannot run in a transaction (CREATE INDEX CONCURRENTLY, ALTER TYPE ... ADD
-- VALUE before PostgreSQL 12) needs "is_transactional": false in metadata.json.
"""
_ROLLBACK = """\
-- Take migration.sql back here, its last statement first.
-- What cannot be taken back stays without a statement, with the reason in metadata.json: "irreversible_because".
"""


def sql_helpers(name: str) -> str:
    """Return the functions that run the files in the folder called `name`."""
    return _HELPERS.format(name=name)


def sql_files(revision: str, name: str, description: str) -> tuple[tuple[str, str], ...]:
    """Return the files' names and texts: the SQL still to be written, and what is to be known of it."""
    about = {
        "revision": revision,
        "name": name,
        "description": description,
        "is_transactional": True,
        "irreversible_because": "",
    }
    told = "\n-- ".join(description.splitlines())
    return (
        ("migration.sql", _MIGRATION.format(description=told)),
        ("rollback.sql", _ROLLBACK),
        ("metadata.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n"),
    )
