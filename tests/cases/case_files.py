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
    -- mode: 0666                    rights of the SQLite file
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
_HEAD = re.compile(r"^-- (role|since|environment|settings|hints|mode): (.+)$", re.MULTILINE)


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
    def settings(self) -> dict[str, SettingValue]:
        """Thresholds that the case sets."""
        given = json.loads(self.head.get("settings", "{}"))
        return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def cases(prefix: str, kind: str, backend: str) -> list[Case]:
    """Return all cases of checks whose code begins with `prefix`; `kind` is `bad` or `good`."""
    return [
        Case(folder.name, file, backend)
        for folder in sorted(CASES.glob(f"{prefix}[0-9][0-9][0-9]"))
        for file in sorted(folder.glob(f"{kind}*.sql"))
        if file.suffixes in ([".sql"], [f".{backend}", ".sql"])
    ]
