"""References are followed when an environment is used, and never to a place it must not be."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest

from pytest_dbops.config import lookup
from pytest_dbops.config.model import Config
from pytest_dbops.config.references import Form, Reference
from pytest_dbops.config.resolve import (
    embedded_path,
    environment_urls,
    find_environment,
    resolve_url,
    scratch_request,
    use_environment,
    variable_problems,
)
from pytest_dbops.config.variables import load_variables
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import ProjectFolder

STAGING = '[env.staging]\nurl = "env:STAGING_DATABASE_URL"\n'
URL = "postgresql://gate:Tr0ub4dor@db.example.com/accounting"


def _message(config: Config, name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        use_environment(config, name)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def _url(config: Config, name: str) -> str:
    secret = resolve_url(config, name).url
    assert secret is not None
    return secret.reveal()


def test_variable_is_followed_and_its_password_masked(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": f" {URL}\n"})

    environment = resolve_url(config, "staging")

    assert environment.url is not None
    assert environment.url.reveal() == URL
    assert "Tr0ub4dor" not in repr(environment)
    assert config.mask("Tr0ub4dor and VHIwdWI0ZG9y") == "*** and ***"


def test_unset_variable_is_one_clear_line(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": ""})

    assert _message(config, "staging") == (
        "environment 'staging': variable STAGING_DATABASE_URL (url = \"env:STAGING_DATABASE_URL\") is not set"
        " (export it, or put it in .env)"
    )


def test_file_is_followed_relative_to_the_project(project: ProjectFolder) -> None:
    (project.root / "url").write_text(f"{URL}\n")
    config = project.load('[env.staging]\nurl = "file:url"')

    assert _url(config, "staging") == URL
    assert config.mask("Tr0ub4dor") == "***"


def test_missing_file_is_one_clear_line(project: ProjectFolder) -> None:
    config = project.load('[env.staging]\nurl = "file:url"')

    assert _message(config, "staging") == (
        f"environment 'staging': cannot read {project.root / 'url'} (url = \"file:url\"): No such file or directory"
    )


def test_command_is_run_without_a_shell(project: ProjectFolder) -> None:
    config = project.load(
        "[env.staging]\nurl = 'cmd:printf %s \"postgresql://db.example.com/$HOME;x\"'", dict(os.environ)
    )

    assert _url(config, "staging") == "postgresql://db.example.com/$HOME;x"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import sys; print('Tr0ub4dor', file=sys.stderr); sys.exit(3)", "ended with exit code 3 (run it yourself"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "printed no text in UTF-8"),
        ("", "a URL is needed"),
    ],
)
def test_failing_command_is_one_clear_line(project: ProjectFolder, program: str, problem: str) -> None:
    (project.root / "tool.py").write_text(program)
    config = project.load(f"[env.staging]\nurl = 'cmd:{sys.executable} tool.py'", dict(os.environ))

    message = _message(config, "staging")

    assert message.startswith("environment 'staging': ")
    assert problem in message
    assert "Tr0ub4dor" not in message


def test_command_that_does_not_exist_is_one_clear_line(project: ProjectFolder) -> None:
    config = project.load("[env.staging]\nurl = 'cmd:no-such-program x'", {"PATH": "/usr/bin"})

    assert _message(config, "staging") == (
        "environment 'staging': the command (url = \"cmd:no-such-program x\") cannot be started:"
        " No such file or directory"
    )


def test_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    reference = Reference(Form.CMD, "sh -c 'tail -f /dev/null & echo $! > pid; wait'")
    variables = load_variables(os.environ, env_file=None)

    with pytest.raises(ConfigError, match=r"took longer than 1 s \(run it yourself to see why\)$"):
        lookup.look_up(reference, variables=variables, root=tmp_path, subject="environment 'x'", timeout_s=1)

    assert _has_ended(int((tmp_path / "pid").read_text()))


def _has_ended(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_url_of_another_product_is_refused_without_its_password(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": "mysql://u:Tr0ub4dor@h/db"})

    assert _message(config, "staging") == (
        "environment 'staging': the URL behind \"env:STAGING_DATABASE_URL\" is a URL of 'mysql';"
        " supported are postgresql:// and sqlite:///"
    )


def test_text_that_is_no_url_is_refused_without_being_shown(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": "Tr0ub4dor"})

    assert _message(config, "staging") == (
        "environment 'staging': the URL behind \"env:STAGING_DATABASE_URL\" is not a URL;"
        " supported are postgresql:// and sqlite:///"
    )


def test_url_with_a_malformed_port_is_refused_without_being_shown(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": "postgresql://h:Tr0ub4dor/db"})

    assert _message(config, "staging") == (
        "environment 'staging': the URL behind \"env:STAGING_DATABASE_URL\" cannot be read:"
        " its host or port is malformed"
    )


def test_dialect_is_checked_after_resolving(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"STAGING_DATABASE_URL": "sqlite:///x.db"})

    assert _message(config, "staging") == (
        "environment 'staging': the URL behind \"env:STAGING_DATABASE_URL\" is of sqlite,"
        " but dialect is 'postgresql' (set dialect = 'sqlite')"
    )


def test_sqlite_path_is_relative_to_the_project(project: ProjectFolder) -> None:
    config = project.load('[env.development]\nurl = "sqlite:///data/app.db?mode=ro"')

    assert _url(config, "development") == f"sqlite:///{project.root}/data/app.db?mode=ro"


def test_absolute_sqlite_path_stays(project: ProjectFolder) -> None:
    config = project.load('[env.development]\nurl = "sqlite:////srv/app.db"')

    assert _url(config, "development") == "sqlite:////srv/app.db"


def test_embedded_environment_has_no_url(project: ProjectFolder) -> None:
    config = project.load("")

    environment = resolve_url(config, "development")

    assert environment == config.environments["development"]
    assert embedded_path(config, environment) == project.root / ".dbops" / "development.sqlite3"


def test_unknown_environment_offers_the_nearest(project: ProjectFolder) -> None:
    config = project.load(STAGING)

    with pytest.raises(ConfigError) as caught:
        find_environment(config, "stageing")

    assert str(caught.value) == (
        "there is no environment 'stageing' (did you mean 'staging'?); dbops.toml has development, testing, staging"
    )


def test_unknown_environment_of_the_variable_says_so(project: ProjectFolder) -> None:
    config = project.load("", {"DBOPS_ENV": "prod"})

    with pytest.raises(ConfigError, match=r"no environment 'prod' \(from variable DBOPS_ENV\); dbops\.toml has"):
        find_environment(config)


def test_database_url_is_of_development_where_no_environment_is_named(project: ProjectFolder) -> None:
    config = project.load(STAGING, {"DATABASE_URL": "sqlite:///dev.db"})

    assert _url(config, "development") == f"sqlite:///{project.root}/dev.db"
    assert config.environments["development"].dialect == "sqlite"
    assert config.environments["testing"].is_embedded
    assert config.origins["env.development.url"] == "variable DATABASE_URL"


def test_database_url_is_of_the_environment_that_the_variable_names(project: ProjectFolder) -> None:
    config = project.load("[env.staging]", {"DATABASE_URL": URL, "DBOPS_ENV": "staging"})

    assert _url(config, "staging") == URL
    assert config.environments["development"].is_embedded


def test_database_url_never_replaces_a_url_of_the_file(project: ProjectFolder) -> None:
    variables = {"DATABASE_URL": "postgresql://other/db", "DBOPS_ENV": "staging", "STAGING_DATABASE_URL": URL}

    assert _url(project.load(STAGING, variables), "staging") == URL


def test_database_url_is_not_handed_to_an_environment_named_by_option(project: ProjectFolder) -> None:
    config = project.load("[env.staging]", {"DATABASE_URL": URL}, options={"environment": "staging"})

    assert _message(config, "staging") == (
        "environment 'staging' has no url (add to [env.staging]: url = \"env:STAGING_DATABASE_URL\","
        " or set DATABASE_URL together with DBOPS_ENV=staging)"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://a:x@DB.example.com/accounting", "postgres://b@db.example.com:5432/accounting"),
        ("postgresql://localhost/accounting", "postgresql:///accounting?host=127.0.0.1"),
        ("postgresql:///accounting?host=/run/postgresql", "postgresql://localhost/accounting"),
        ("sqlite:///x.db", "sqlite:///../{folder}/x.db"),
    ],
)
def test_development_on_the_database_of_production_is_refused(project: ProjectFolder, one: str, other: str) -> None:
    dialect = one.partition(":")[0]
    text = f'[env.production]\nurl = "env:PRODUCTION_DATABASE_URL"\ndialect = "{dialect}"\n'
    variables = {"PRODUCTION_DATABASE_URL": other.format(folder=project.root.name), "DATABASE_URL": one}

    assert _message(project.load(text, variables), "development") == (
        "environment 'development' of kind 'development' leads to the database of 'production';"
        " that must never be treated as development"
        " (mend 'env:DATABASE_URL' or 'env:PRODUCTION_DATABASE_URL')"
    )


def test_required_variables_are_judged_when_the_environment_is_used(project: ProjectFolder) -> None:
    text = '[env.testing]\nrequired_variables = ["API_URL", { name = "JWT_SECRET", min_length = 32 }]'
    config = project.load(text, {"JWT_SECRET": "Tr0ub4dor"})

    assert resolve_url(config, "testing").is_embedded
    assert variable_problems(config, config.environments["testing"]) == (
        "variable API_URL is required and not set",
        "variable JWT_SECRET has 9 characters; 32 are required",
    )
    assert _message(config, "testing") == (
        "environment 'testing': variable API_URL is required and not set;"
        " variable JWT_SECRET has 9 characters; 32 are required (export it, or put it in .env)"
    )


def test_required_variables_in_order_are_no_problem(project: ProjectFolder) -> None:
    config = project.load('[env.testing]\nrequired_variables = ["JWT_SECRET"]', {"JWT_SECRET": "x"})

    assert use_environment(config, "testing").name == "testing"


def test_urls_of_environments_leave_out_what_leads_nowhere(project: ProjectFolder) -> None:
    text = STAGING + '[env.production]\nurl = "env:PRODUCTION_DATABASE_URL"'
    config = project.load(text, {"STAGING_DATABASE_URL": URL})

    assert {name: url.reveal() for name, url in environment_urls(config).items()} == {"staging": URL}


def test_scratch_request_prefers_the_variable(project: ProjectFolder) -> None:
    text = '[scratch]\nurl = "env:CI_URL"\nmajor = 16\nbindirs = ["bin"]\nsettings = { jit = false }'
    config = project.load(text, {"CI_URL": "postgresql://ci", "SHADOW_DATABASE_URL": "postgresql://u:Tr0ub4dor@ci2"})

    request = scratch_request(config, major=17)

    assert request.url is not None
    assert request.url.reveal() == "postgresql://u:Tr0ub4dor@ci2"
    assert (request.major, request.server) == (16, "auto")
    assert (request.bindirs, request.settings) == ((str(project.root / "bin"),), (("jit", "off"),))
    assert config.origins["scratch.url"] == "variable SHADOW_DATABASE_URL"
    assert config.mask("Tr0ub4dor") == "***"


def test_scratch_request_without_settings_takes_the_wanted_version(project: ProjectFolder) -> None:
    request = scratch_request(project.load(""), major=17)

    assert (request.url, request.major) == (None, 17)


def test_scratch_url_of_another_product_is_refused(project: ProjectFolder) -> None:
    config = project.load("", {"SHADOW_DATABASE_URL": "sqlite:///x.db"})

    with pytest.raises(ConfigError) as caught:
        scratch_request(config)

    assert str(caught.value) == (
        'scratch server: the URL behind "env:SHADOW_DATABASE_URL" is of sqlite; PostgreSQL is needed'
    )
