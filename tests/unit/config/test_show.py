"""The configuration is shown with origins, without secrets, in a form that says the same when it is read."""

from __future__ import annotations

import dataclasses

from pytest_dbops.config.model import Config
from pytest_dbops.config.show import effective_values, render_config
from tests.unit.config.conftest import ProjectFolder

TEXT = """\
[project]
metadata = "accounting.models:metadata"
checks = ["checks", "more \\u007f \\"checks\\""]
[env.staging]
url = "env:STAGING_DATABASE_URL"
required_variables = [{ name = "JWT_SECRET", min_length = 32 }, "API_URL"]
expect.host = "db.example.com"
[env.testing]
statement_timeout_s = 0.25
[gate]
may_skip = ["STO007", "CON001"]
[checks.SCH003]
severity = "info"
"odd name" = 1.5
[[waiver]]
check = "PRF002"
subject = "*"
owner = "ops@example.com"
reason = "x # y"
expires = 2027-03-01
[scratch]
url = "env:CI_URL"
settings = { jit = false }
"""


def _facts(config: Config) -> dict[str, object]:
    left_out = {"origins", "variables", "mask"}
    return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)
            if field.name not in left_out}  # fmt: skip


def test_shown_configuration_says_the_same_when_it_is_read(project: ProjectFolder) -> None:
    config = project.load(TEXT)

    assert _facts(project.load(render_config(config))) == _facts(config)
    assert _facts(project.load(render_config(config, origin=True))) == _facts(config)


def test_each_value_tells_where_it_came_from(project: ProjectFolder) -> None:
    (project.root / ".env").write_text("LOG_LEVEL=info\n")
    config = project.load(TEXT, {"SHADOW_DATABASE_URL": "postgresql://ci"}, options={"gate.fail_on": "info"})

    origins = {f"{item.table}.{item.key}": item.origin for item in effective_values(config)}

    assert {key: origins[key] for key in (
        "project.checks", "env.staging.url", "env.staging.max_connections", "env.staging.log_level",
        "env.staging.kind", "env.staging.expect.host", "gate.fail_on", "gate.reports", "checks.SCH003.severity",
        "waiver.1.expires", "scratch.url", "scratch.settings.jit",
    )} == {
        "project.checks": "dbops.toml:3",
        "env.staging.url": "dbops.toml:5",
        "env.staging.max_connections": "default of staging",
        "env.staging.log_level": "variable LOG_LEVEL (.env:1)",
        "env.staging.kind": "name of the environment",
        "env.staging.expect.host": "dbops.toml:7",
        "gate.fail_on": "command line",
        "gate.reports": "default",
        "checks.SCH003.severity": "dbops.toml:13",
        "waiver.1.expires": "dbops.toml:20",
        "scratch.url": "variable SHADOW_DATABASE_URL",
        "scratch.settings.jit": "dbops.toml:23",
    }  # fmt: skip


def test_every_value_has_an_origin(project: ProjectFolder) -> None:
    values = effective_values(project.load(TEXT))

    assert [item for item in values if item.value and not item.origin] == []
