"""Every malformed file is refused in one line that names the place, the value and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import ProjectFolder

REFUSALS = {
    "unknown table": (
        "[gates]\nfail_on = 'error'",
        "dbops.toml:1: there is no table [gates] (did you mean 'gate'?);"
        " there are project, migrations, env, tenancy, access, audit, gate, checks, waiver, key, scratch,"
        " fixtures, logging, maintenance, archive",
    ),
    "unknown key in project": (
        "[project]\nmigration = 'migrations'",
        "dbops.toml:2: [project] has no key 'migration' (did you mean 'migrations'?);"
        " it has metadata, migrations, checks, seeders, baseline, first_revision",
    ),
    "rule for downgrades that there is none": (
        "[migrations]\ndowngrades = 'require'",
        "dbops.toml:2: [migrations] downgrades is 'require';"
        " one of required, declared, ignored is needed (did you mean 'required'?)",
    ),
    "rules for drift that are no list": (
        "[migrations]\nignore_drift = 'book'",
        'dbops.toml:2: [migrations] ignore_drift is \'book\'; a list of texts is needed, as in ["one", "two"]',
    ),
    "key outside of tables": (
        "fail_on = 'error'",
        "dbops.toml:1: there is no table [fail_on];"
        " there are project, migrations, env, tenancy, access, audit, gate, checks, waiver, key, scratch,"
        " fixtures, logging, maintenance, archive",
    ),
    "unknown key of seeding": (
        "[env.development.seeding]\ndemos = true",
        "dbops.toml:2: [env.development.seeding] has no key 'demos' (did you mean 'demo'?);"
        " it has enabled, demo, organizations, customers, role",
    ),
    "unknown mode of a lock": (
        "[env.production.locks]\naccess_exlusive = 'unlimited'",
        "dbops.toml:2: [env.production.locks] has no key 'access_exlusive' (did you mean 'access_exclusive'?);"
        " it has access_exclusive, exclusive, share_row_exclusive, share, share_update_exclusive, row_exclusive,"
        " needs_lock_timeout",
    ),
    "allowance with another unit": (
        "[env.production.locks]\nshare = { rows = 10_000, s = 1 }",
        "dbops.toml:2: [env.production.locks] share is {'rows': 10000, 's': 1}; there is no 's' in it"
        " (did you mean 'ms'?); { rows = 10_000, ms = 1_000 } is needed",
    ),
    "half an allowance": (
        "[env.production.locks]\nshare = { ms = 1_000 }",
        "dbops.toml:2: [env.production.locks] share is {'ms': 1000}; whole numbers from 0 up are needed for both,"
        " as in { rows = 10_000, ms = 1_000 }",
    ),
    "number for an allowance": (
        "[env.production.locks]\nshare = 1_000",
        'dbops.toml:2: [env.production.locks] share is 1000; { rows = 10_000, ms = 1_000 } or "unlimited" is needed',
    ),
    "text for a number": (
        "[env.testing]\n\nmax_connections = 'ten'",
        "dbops.toml:3: [env.testing] max_connections is 'ten'; a whole number from 1 up is needed",
    ),
    "boolean for a number": (
        "[env.testing]\nmax_connections = true",
        "dbops.toml:2: [env.testing] max_connections is true; a whole number from 1 up is needed",
    ),
    "number for a flag": (
        "[env.testing]\nmay_write = 1",
        "dbops.toml:2: [env.testing] may_write is 1; true or false is needed, without quotes",
    ),
    "no time at all": (
        "[env.testing]\nlock_timeout_s = 0",
        "dbops.toml:2: [env.testing] lock_timeout_s is 0; a number of seconds above 0, at most 86400, is needed",
    ),
    "endless time": (
        "[env.testing]\nlock_timeout_s = inf",
        "dbops.toml:2: [env.testing] lock_timeout_s is inf; a number of seconds above 0, at most 86400, is needed",
    ),
    "unknown kind": (
        "[env.qa]\nkind = 'stagin'",
        "dbops.toml:2: [env.qa] kind is 'stagin';"
        " one of development, testing, staging, production is needed (did you mean 'staging'?)",
    ),
    "missing kind": (
        "[env.qa]\nurl = 'env:QA_URL'",
        "dbops.toml:1: [env.qa] lacks 'kind' (add: kind = \"staging\")",
    ),
    "kind against the name": (
        "[env.production]\nkind = 'development'",
        "dbops.toml:2: [env.production] is of kind 'development', which contradicts its name (rename one)",
    ),
    "unknown requirement": (
        "[env.staging]\nrequire = ['tls', 'encrypted']",
        "dbops.toml:2: [env.staging] require is ['tls', 'encrypted']; one of tls, encryption, anonymized,"
        " recent_backup, auditing, read_only_role is needed (did you mean 'encryption'?)",
    ),
    "unknown severity": (
        "[gate]\nfail_on = 'warn'",
        "dbops.toml:2: [gate] fail_on is 'warn';"
        " one of info, warning, error, critical is needed (did you mean 'warning'?)",
    ),
    "unknown report": (
        "[gate]\nreports = ['junit', 'pdf']",
        "dbops.toml:2: [gate] reports is ['junit', 'pdf']; one of text, json, junit is needed",
    ),
    "malformed code": (
        "[gate]\nmay_skip = ['S3']",
        "dbops.toml:2: [gate] may_skip is ['S3'];"
        " the code of a check is needed: three capitals and three digits, as in 'SCH003'",
    ),
    "malformed code as a table": (
        "[checks.sch003]\nenabled = false",
        "dbops.toml:1: [checks.sch003]: the code of a check is needed: three capitals and three digits, as in 'SCH003'",
    ),
    "table as a setting": (
        "[checks.SCH003]\nlimit = { a = 1 }",
        "dbops.toml:2: [checks.SCH003] limit is {'a': 1};"
        " a text, a number, true or false, or a list of texts is needed",
    ),
    "value for a table": (
        "[env]\nstaging = 'env:URL'",
        "dbops.toml:2: 'env.staging' is a single value; a table is needed",
    ),
    "malformed metadata": (
        "[project]\nmetadata = 'accounting.models'",
        "dbops.toml:2: [project] metadata is 'accounting.models';"
        " a module and a name are needed, as in 'accounting.models:metadata'",
    ),
    "single check path": (
        "[project]\nchecks = 'checks'",
        'dbops.toml:2: [project] checks is \'checks\'; a list of texts is needed, as in ["one", "two"]',
    ),
    "empty text": (
        "[project]\nseeders = ' '",
        "dbops.toml:2: [project] seeders is ' '; a text that is not empty is needed",
    ),
    "environment with a path in its name": (
        "[env.'../x']\nkind = 'testing'",
        "dbops.toml:1: [env.'../x']: a name has letters, digits, - and _, begins with a letter, at most 48",
    ),
    "value as a required variable": (
        "[env.staging]\nrequired_variables = ['not a name']",
        "dbops.toml:2: [env.staging] required_variables does not fit; a name is letters, digits and _, not a value",
    ),
    "required variable with a wrong length": (
        "[env.staging]\nrequired_variables = [{ name = 'JWT_SECRET', min_length = 0 }]",
        "dbops.toml:2: [env.staging] required_variables does not fit; min_length of JWT_SECRET is a whole number"
        " from 1 up",
    ),
    "embedded production": (
        "[env.production]\nurl = 'embedded:sqlite'",
        "dbops.toml:2: [env.production] url: an environment of kind 'production' cannot be embedded",
    ),
    "dialect against the url": (
        "[env.testing]\nurl = 'sqlite:///x.db'\ndialect = 'postgresql'",
        "dbops.toml:3: [env.testing] dialect is 'postgresql', but its url is of 'sqlite'",
    ),
    "unknown scratch server": (
        "[scratch]\nserver = 'docker'",
        "dbops.toml:2: [scratch] server is 'docker';"
        " one of auto, system, wheel, or container:IMAGE is needed, as in container:postgres:17",
    ),
    "scratch server that is too old": (
        "[scratch]\nmajor = 13",
        "dbops.toml:2: [scratch] major is 13; a whole number from 14 up is needed",
    ),
    "scratch url of another product": (
        "[scratch]\nurl = 'sqlite:///x.db'",
        "dbops.toml:2: [scratch] url leads to no PostgreSQL server; one is needed (or leave url out)",
    ),
    "name with a line break": (
        '["scratch"."settings"]\n"a\\nb" = "x"',
        "dbops.toml:2: [scratch.settings] 'a\\nb' is no name of a PostgreSQL setting",
    ),
    "setting with a line break": (
        '[scratch.settings]\njit = "off\\nfsync = on"',
        "dbops.toml:2: [scratch.settings] jit is 'off\\nfsync = on';"
        " a text on one line, a number, or true or false is needed",
    ),
    "unknown level": (
        "[logging]\nlevel = 'LOUD'",
        "dbops.toml:2: [logging] level is 'LOUD'; one of DEBUG, INFO, WARNING, ERROR, CRITICAL is needed",
    ),
    "syntax": (
        "[project]\nmetadata = \n",
        "dbops.toml:2: not valid TOML: invalid value in 'metadata ='",
    ),
    "syntax at the end": (
        "[project]\nchecks = ['a'",
        "dbops.toml:2: not valid TOML: unclosed array in \"checks = ['a'\"",
    ),
    "key written twice": (
        "[gate]\nfail_on = 'error'\nfail_on = 'info'\n[logging]\n",
        "dbops.toml:3: not valid TOML: cannot overwrite a value in \"fail_on = 'info'\"",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_malformed_file_is_refused_in_one_line(project: ProjectFolder, case: str) -> None:
    text, message = REFUSALS[case]

    assert project.refuse(text) == message


def test_variable_with_an_unknown_level_is_refused(project: ProjectFolder) -> None:
    message = project.refuse("", {"LOG_LEVEL": "LOUD"})

    assert message == "variable LOG_LEVEL is 'LOUD'; one of DEBUG, INFO, WARNING, ERROR, CRITICAL is needed"


def test_option_that_does_not_fit_is_refused(project: ProjectFolder) -> None:
    message = project.refuse("", options={"gate.fail_on": "eror"})

    assert message == (
        "command line: --dbops-fail-on is 'eror'; one of info, warning, error, critical is needed"
        " (did you mean 'error'?)"
    )


def test_option_that_does_not_exist_is_refused(project: ProjectFolder) -> None:
    message = project.refuse("", options={"gate.failon": "error"})

    assert message == "command line: there is no key 'gate.failon' (did you mean 'gate.fail_on'?)"


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").mkdir()

    with pytest.raises(ConfigError, match=r"^cannot read .*dbops\.toml: Is a directory$"):
        load_config(tmp_path / "dbops.toml", variables={})


def test_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "dbops.toml").write_bytes(b"[project]\n# caf\xe9\n")

    with pytest.raises(ConfigError, match=r"^dbops\.toml:2: the text is not UTF-8 \(save the file as UTF-8\)$"):
        load_config(tmp_path / "dbops.toml", variables={})


def test_tables_without_end_are_refused(project: ProjectFolder) -> None:
    message = project.refuse("a = " + "[" * 20_000)

    assert message.startswith("dbops.toml")


def test_line_with_a_password_is_not_shown(project: ProjectFolder) -> None:
    message = project.refuse('[env.staging]\nurl = "postgresql://user:Tr0ub4dor@host/db\n')

    assert "Tr0ub4dor" not in message
    assert message.startswith("dbops.toml:2: not valid TOML: ")
