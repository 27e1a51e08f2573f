"""What a file, variables and options make of the configuration, and where each value came from."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pytest_dbops.config.gate import Gate
from pytest_dbops.config.load import default_config, load_config
from pytest_dbops.config.project import Project
from pytest_dbops.config.scratch import Scratch
from pytest_dbops.core.environment import (
    DEFAULT_POLICIES,
    Expectation,
    Kind,
    RequiredVariable,
    Requirement,
    Seeding,
)
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.locks.budget import Allowance
from pytest_dbops.core.severity import Severity
from tests.unit.config.conftest import ProjectFolder


def test_empty_file_has_the_two_embedded_environments(project: ProjectFolder) -> None:
    config = project.load("")

    assert {name: (e.kind, e.dialect, e.url_reference) for name, e in config.environments.items()} == {
        "development": (Kind.DEVELOPMENT, "sqlite", "embedded:sqlite"),
        "testing": (Kind.TESTING, "postgresql", "embedded:postgresql"),
    }
    assert config.environments["development"].is_embedded
    assert config.environments["testing"].policy == DEFAULT_POLICIES[Kind.TESTING]
    assert config.environment == "development"
    assert (config.project, config.gate, config.scratch) == (Project(), Gate(), Scratch())


def test_project_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    config = default_config(tmp_path, variables={})

    assert list(config.environments) == ["development", "testing"]
    assert config.root == tmp_path


def test_policy_is_overridden_key_by_key(project: ProjectFolder) -> None:
    text = """
        [env.staging]
        url = "env:STAGING_DATABASE_URL"
        require = ["tls"]
        max_connections = 3
        statement_timeout_s = 1.5
        may_seed = false
        log_level = "error"
        required_variables = ["API_URL", { name = "JWT_SECRET", min_length = 32 }]
        expect = { host = "db.example.com", database = "accounting" }
        [env.staging.seeding]
        customers = 7
    """

    staging = project.load(text).environments["staging"]

    default = DEFAULT_POLICIES[Kind.STAGING]
    policy = staging.policy
    assert policy.require == frozenset({Requirement.TLS})
    assert (policy.max_connections, policy.statement_timeout_s, policy.lock_timeout_s) == (3, 1.5, 2)
    assert (policy.may_seed, policy.may_write, policy.log_level) == (False, default.may_write, "ERROR")
    assert policy.required_variables == (RequiredVariable("API_URL"), RequiredVariable("JWT_SECRET", 32))
    assert policy.seeding == Seeding(enabled=True, demo=True, organizations=4, customers=7)
    assert staging.expect == Expectation(host="db.example.com", database="accounting")
    assert (staging.dialect, staging.url, staging.is_embedded) == ("postgresql", None, False)


def test_budget_of_locks_is_overridden_mode_by_mode(project: ProjectFolder) -> None:
    text = """
        [env.production.locks]
        share = { rows = 5, ms = 7 }
        exclusive = "unlimited"
        needs_lock_timeout = true
    """
    budget = project.load(text).environments["production"].policy.locks
    default = DEFAULT_POLICIES[Kind.PRODUCTION].locks
    assert budget == replace(default, share=Allowance(5, 7), exclusive=None, needs_lock_timeout=True)


def test_environment_of_any_name_takes_the_defaults_of_its_kind(project: ProjectFolder) -> None:
    config = project.load('[env.qa-2]\nkind = "testing"\n[env.mine]\nkind = "development"\ndialect = "sqlite"')

    assert config.environments["qa-2"].url_reference == "embedded:postgresql"
    assert config.environments["mine"].policy == DEFAULT_POLICIES[Kind.DEVELOPMENT]


def test_gate_scratch_and_check_settings_are_read(project: ProjectFolder) -> None:
    text = """
        [gate]
        fail_on = "warning"
        may_skip = ["STO007", "CON003"]
        reports = ["junit", "text", "junit"]
        [checks.SCH003]
        enabled = false
        severity = "info"
        tables = ["a", "b"]
        [scratch]
        server = "container:postgres:17"
        major = 17
        [scratch.settings]
        shared_buffers = "256MB"
        jit = false
    """

    config = project.load(text)

    assert config.gate.fail_on is Severity.WARNING
    assert config.gate.may_skip == {"STO007", "CON003"}
    assert config.gate.reports == ("junit", "text")
    assert config.check_settings == {"SCH003": {"enabled": False, "severity": "info", "tables": ("a", "b")}}
    assert config.scratch.server == "container:postgres:17"
    assert config.scratch.settings == (("shared_buffers", "256MB"), ("jit", "off"))


def test_pyproject_holds_the_same_tables(project: ProjectFolder) -> None:
    text = '[project]\nname = "x"\n\n[tool.dbops.project]\nmigrations = "db"\n[[tool.dbops.waiver]]\ncheck = "x"\n'
    valid = text.partition("[[")[0]

    config = project.load(valid, name="pyproject.toml")

    assert config.project.migrations == "db"
    assert config.origins["project.migrations"] == "pyproject.toml:5"
    assert project.refuse(text, name="pyproject.toml").startswith("pyproject.toml:7: [[waiver]] check is 'x'")


def test_pyproject_without_our_table_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.other]\n")

    with pytest.raises(ConfigError, match=r"there is no table \[tool\.dbops\] \(run: dbops init\)$"):
        load_config(file, variables={})


def test_command_line_beats_variable_beats_file_beats_kind(project: ProjectFolder) -> None:
    text = '[env.development]\nlog_level = "INFO"\n[logging]\nlevel = "ERROR"\n'

    only_kind = project.load("")
    by_file = project.load(text)
    by_variable = project.load(text, {"LOG_LEVEL": "debug"})
    by_option = project.load(text, {"LOG_LEVEL": "debug"}, options={"logging.level": "critical"})

    seen = [
        (config.environments[name].policy.log_level, config.origins[f"env.{name}.log_level"])
        for config, name in (
            (only_kind, "development"),
            (by_file, "development"),
            (by_file, "testing"),
            (by_variable, "development"),
            (by_option, "development"),
        )
    ]
    assert seen == [
        ("DEBUG", "default of development"),
        ("INFO", "dbops.toml:2"),
        ("ERROR", "dbops.toml:4"),
        ("DEBUG", "variable LOG_LEVEL"),
        ("CRITICAL", "command line"),
    ]


def test_option_beats_the_file(project: ProjectFolder) -> None:
    config = project.load('[gate]\nfail_on = "error"', options={"gate.fail_on": "info"})

    assert config.gate.fail_on is Severity.INFO
    assert config.origins["gate.fail_on"] == "command line"


@pytest.mark.parametrize(
    ("variables", "options", "chosen"),
    [
        ({}, {}, ("development", "default")),
        ({"DBOPS_ENV": ""}, {}, ("development", "default")),
        ({"DBOPS_ENV": "testing"}, {}, ("testing", "variable DBOPS_ENV")),
        ({"DBOPS_ENV": "testing"}, {"environment": "staging"}, ("staging", "command line")),
    ],
)
def test_environment_is_chosen_by_option_then_variable(
    project: ProjectFolder, variables: dict[str, str], options: dict[str, object], chosen: tuple[str, str]
) -> None:
    config = project.load("", variables, options=options)

    assert (config.environment, config.origins["environment"]) == chosen


def test_waivers_are_kept_in_order_with_expired_ones(project: ProjectFolder) -> None:
    waiver = '[[waiver]]\ncheck = "{}"\nsubject = "*"\nowner = "ops@example.com"\nreason = "known"\nexpires = {}\n'

    config = project.load(waiver.format("PRF002", "2020-01-01") + waiver.format("SCH001", "2027-01-01"))

    assert [(w.check, w.expires) for w in config.waivers] == [
        ("PRF002", date(2020, 1, 1)),
        ("SCH001", date(2027, 1, 1)),
    ]


def test_loading_imports_no_heavy_library(project: ProjectFolder) -> None:
    import subprocess

    (project.root / "dbops.toml").write_text("[gate]\nfail_on = 'error'\n")
    program = (
        "import sys; from pathlib import Path; from pytest_dbops.config.load import load_config;"
        " import pytest_dbops.config.resolve, pytest_dbops.config.show, pytest_dbops.config.logs;"
        " load_config(Path('dbops.toml'), variables={});"
        " names = {'dotenv', 'sqlalchemy', 'alembic', 'psycopg', 'faker', 'cryptography', 'pytest_dbops.core.catalog'};"
        " print(sorted(names & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=project.root, capture_output=True, text=True, check=True, timeout=60
    )

    assert ran.stdout == "[]\n"
