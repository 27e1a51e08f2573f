"""The reference page of dbops.toml, made from the tables themselves: `python -m pytest_dbops.config.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pytest_dbops.config.environments import ENVIRONMENT
from pytest_dbops.config.load import TABLES
from pytest_dbops.config.locks import UNLIMITED
from pytest_dbops.config.table import Key, Table
from pytest_dbops.core.environment import DEFAULT_POLICIES, Kind, Policy, Requirement
from pytest_dbops.core.locks.budget import Allowance
from pytest_dbops.core.observed import LockMode

_INTRODUCTION = """\
# Configuration

<!-- Made by `python -m pytest_dbops.config.reference`; edit the tables in pytest_dbops/config instead. -->

The configuration is `dbops.toml` in the root of the project, or the table `[tool.dbops]` of `pyproject.toml`
(then each name below begins with `tool.dbops.`). Both in one folder are an error. The file is looked for in the
current folder and above. Without any file, `development` and `testing` work with their defaults.

An effective value is taken from the first of: the command line, a variable, the file, the default of the
environment's kind. `dbops config show --origin` tells for each value which it was, `dbops config validate` judges
the file without connecting anywhere. Unknown keys and wrong types are errors with file and line.
"""

_REFERENCES = """\
## References to URLs

Passwords do not belong into the file. A `url` is one of:

| reference | leads to |
|---|---|
| `env:NAME` | the variable `NAME`, of the process or of `.env` |
| `file:PATH` | the text of a file, relative to the project or absolute, such as `file:/run/secrets/url` |
| `cmd:COMMAND` | what a command prints; run without a shell, in the project's folder, for at most 30 s |
| `embedded:sqlite` | a SQLite file under `.dbops/`, made, migrated and filled on first use |
| `embedded:postgresql` | a throw-away PostgreSQL server, started, migrated and filled on first use |
| `postgresql://user@host/name` | this database; a URL with a password is refused |
| `sqlite:///path` | this file, relative to the project; `sqlite:////path` is absolute |

`env:`, `file:` and `cmd:` are followed only when the environment is used. The gate can be collected and the
configuration judged without them. `staging` and `production` cannot be embedded, and a `development` or `testing`
environment whose URL leads to the database of a `staging` or `production` environment is refused.
"""

_VARIABLES = """\
## Variables

| variable | meaning |
|---|---|
| `DBOPS_ENV` | the environment that is meant when none is named; `--dbops-env` and `--env` come first |
| `DATABASE_URL` | URL of the environment that `DBOPS_ENV` names, else of `development`, if its table has no `url` |
| `SHADOW_DATABASE_URL` | the scratch server, in place of `[scratch] url` |
| `ENCRYPTION_KEY` | 32 bytes as `hex:` and 64 digits, or `base64:`; 32 plain characters in `development` only |
| `LOG_LEVEL` | least level that is logged, in place of `log_level` and `[logging] level` |
| `DBOPS_NO_FORKS` | set to anything: each process that runs the project's code is a new interpreter, which is slower |

A `url` in the file always comes before `DATABASE_URL`, and naming an environment on the command line does not hand
`DATABASE_URL` to it: a variable that was set for another purpose must not become a target. Write
`url = "env:DATABASE_URL"` to use it in any case.

A file `.env` beside the configuration adds variables (`NAME=value`, `export` and quotes are allowed, `${OTHER}` is
replaced). It never overrides a variable that is set, not even an empty one. An empty variable counts as not set.
"""


def render_reference() -> str:
    """Return the whole page in Markdown."""
    parts = [_INTRODUCTION]
    for table in TABLES:
        parts.append("\n".join(_table_lines(table)) + "\n")
        if table is ENVIRONMENT:
            parts += ["\n".join(_kind_lines()) + "\n", _REFERENCES, _VARIABLES]
    return "\n".join(parts)


def _table_lines(table: Table) -> Iterator[str]:
    title = f"[[{table.name}]]" if table.is_array else f"[{table.name}]"
    yield from (f"## `{title}`", "", table.meaning)
    if table.keys:
        yield from ("", "| key | value | default | meaning |", "|---|---|---|---|")
        yield from (_row(key) for key in table.keys)
        yield from ("", "```toml", title.replace("NAME", "staging").replace("CODE", "SCH003"))
        yield from (key.example for key in table.keys)
        yield "```"


def _row(key: Key[object]) -> str:
    shape = key.shape.label.replace("|", "\\|")
    return f"| `{key.name}` | {shape} | {key.default} | {key.meaning} |"


def _kind_lines() -> Iterator[str]:
    """Make the table of what the kinds give by default, one column a kind."""
    yield from ("### Defaults of the kinds", "")
    yield "| key | " + " | ".join(kind.value for kind in Kind) + " |"
    yield "|---|" + "---|" * len(Kind)
    columns = [dict(_policy_values(DEFAULT_POLICIES[kind])) for kind in Kind]
    for name in columns[0]:
        yield f"| `{name}` | " + " | ".join(column[name] for column in columns) + " |"


def _policy_values(policy: Policy) -> Iterator[tuple[str, str]]:
    required = [item.value for item in Requirement if item in policy.require]
    yield "require", ", ".join(required) or "nothing"
    for name in ("may_write", "may_destroy", "may_seed"):
        yield name, _shown(getattr(policy, name))
    for name in ("max_connections", "connect_timeout_s", "statement_timeout_s", "lock_timeout_s"):
        yield name, _shown(getattr(policy, name))
    for name in ("log_level", "log_statements", "encryption", "auditing"):
        yield name, _shown(getattr(policy, name))
    for name in ("enabled", "demo", "organizations", "customers"):
        yield f"seeding.{name}", _shown(getattr(policy.seeding, name))
    for mode in sorted(LockMode, reverse=True):
        if hasattr(policy.locks, mode.key):
            yield f"locks.{mode.key}", _shown_allowance(policy.locks.allowance(mode))


def _shown_allowance(allowed: Allowance | None) -> str:
    return f"{allowed.ms:,} ms above {allowed.rows:,} rows" if allowed else UNLIMITED


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(render_reference())
