"""Cases of a check as files: `tests/cases/SCH003/bad.sql` and what must be found in it.

    bad.sql, good.sql                one text for every backend of the check
    bad.postgresql.sql               a text for one backend
    bad_not_enforced.postgresql.sql  a further case of the same check
    expected.postgresql.txt          the findings of `bad...`, a line each: subject | severity | message

Statements are parted by an empty line and run one by one, each in a transaction of its own. Lines
at the top say what a case needs:

    -- role: superuser               who runs the statements; else the owner of the database, a plain role
    -- since: 18                     oldest PostgreSQL major version that understands them
    -- environment: production       kind of the environment; else testing
    -- settings: {"columns": true}   what [checks.CODE] in dbops.toml would say
    -- config: tenancy.column = "org_id"    a line of dbops.toml (may be repeated)
    -- mode: 0666                    rights of the SQLite file
    -- folder: 0777                  rights of its folder
    -- sessions: each                a session for each statement: one hands in its counters when it ends
    -- hints: cannot be run, because the defect was made by hand in the catalog

A statement that begins with `-- fails` is meant to fail half-way.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from pytest_dbops.core.check import SettingValue

CASES = Path(__file__).parent
FAILS = "-- fails"
_HEAD = re.compile(r"^-- (role|since|environment|settings|hints|mode|config|folder|sessions): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one check on one backend."""

    code: str
    file: Path
    backend: str

    @property
    def id(self) -> str:
        """How pytest shows it: `SCH003-bad-sqlite`."""
        return f"{self.code}-{self.file.name.split('.')[0]}-{self.backend}"

    @property
    def golden(self) -> Path:
        """The file that holds the findings expected of it."""
        stem = self.file.name.split(".")[0].replace("bad", "expected", 1)
        return self.file.with_name(f"{stem}.{self.backend}.txt")

    @property
    def statements(self) -> list[str]:
        """The statements, in order."""
        body = _HEAD.sub("", self.file.read_text(encoding="utf-8"))
        return [part.strip() for part in re.split(r"\n\s*\n", body) if part.strip()]

    @property
    def head(self) -> dict[str, str]:
        """What the case says it needs."""
        return dict(_HEAD.findall(self.file.read_text(encoding="utf-8")))

    @property
    def since(self) -> int:
        """Oldest PostgreSQL major version that understands the statements."""
        return int(self.head.get("since", "0"))

    @property
    def config(self) -> str:
        """Lines of dbops.toml that the case sets."""
        found = _HEAD.findall(self.file.read_text(encoding="utf-8"))
        return "\n".join(value for name, value in found if name == "config")

    @property
    def settings(self) -> dict[str, SettingValue]:
        """Thresholds that the case sets."""
        given = json.loads(self.head.get("settings", "{}"))
        return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def cases(prefixes: tuple[str, ...], kind: str, backend: str) -> list[Case]:
    """Return all cases of checks whose code begins with one of the prefixes; `kind` is `bad` or `good`.

    Raises TypeError for one text in place of a tuple (its letters would be the prefixes), ValueError for a prefix
    without a folder: tests over no cases pass.
    """
    if isinstance(prefixes, str):
        raise TypeError(f"prefixes is the text {prefixes!r}; give a tuple: ({prefixes!r},)")
    folders = {prefix: tuple(CASES.glob(f"{prefix}[0-9][0-9][0-9]")) for prefix in prefixes}
    if empty := [prefix for prefix, found in folders.items() if not found]:
        raise ValueError(f"no folder in tests/cases begins with {', '.join(map(repr, empty))}")
    return [
        Case(folder.name, file, backend)
        for folder in sorted(folder for found in folders.values() for folder in found)
        for file in sorted(folder.glob(f"{kind}*.sql"))
        if file.suffixes in ([".sql"], [f".{backend}", ".sql"])
    ]
