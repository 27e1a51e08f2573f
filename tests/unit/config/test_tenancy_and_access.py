"""`[tenancy]` and `[access]`: what they become, and what is refused in one line."""

from __future__ import annotations

import pytest

from pytest_dbops.core.access import AccessRules, ObjectRights, RoleRule
from pytest_dbops.core.tenancy import TenancyRules
from tests.unit.config.conftest import ProjectFolder

TENANCY = """
[tenancy]
column = "org_id"
setting = "app.org_id"
role = "app"
shared = ["template"]
[tenancy.columns]
brand = "owner_id"
[tenancy.exempt]
signup = "written before there is a tenant"
"""
ACCESS = """
[access]
owner = "owner"
ignore = ["cloud_*"]
[access.roles.app]
attributes = ["login"]
member_of = ["reader"]
tables = { "*" = ["select"], invoice = ["SELECT", "insert"] }
"""

REFUSALS = {
    "setting without a prefix": (
        "[tenancy]\ncolumn = 'org_id'\nsetting = 'org_id'",
        "dbops.toml:3: [tenancy] setting is 'org_id';"
        " the name of a setting with a prefix is needed, as in 'app.org_id'",
    ),
    "unknown key of tenancy": (
        "[tenancy]\ncolum = 'org_id'",
        "dbops.toml:2: [tenancy] has no key 'colum' (did you mean 'column'?);"
        " it has column, setting, role, shared, columns, exempt",
    ),
    "exempt without a reason": (
        "[tenancy]\ncolumn = 'org_id'\n[tenancy.exempt]\nsignup = ''",
        "dbops.toml:4: [tenancy.exempt] signup is ''; a text that is not empty is needed",
    ),
    "table that is shared and exempt": (
        "[tenancy]\ncolumn = 'org_id'\nshared = ['signup']\n[tenancy.exempt]\nsignup = 'x'",
        "dbops.toml:5: [tenancy.exempt] 'signup' is in [tenancy] shared too (leave one out)",
    ),
    "tables without a column": (
        "[tenancy]\nshared = ['template']",
        'dbops.toml:1: [tenancy] names tables, but not the column (add: column = "org_id")',
    ),
    "right that there is not": (
        "[access.roles.app]\ntables = { invoice = ['SELEKT'] }",
        "dbops.toml:2: [access.roles.app] tables is {'invoice': ['SELEKT']}; 'SELEKT' is no right on it; there are"
        " SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN (did you mean 'SELECT'?),"
        ' as in { "*" = ["SELECT"], invoice = ["SELECT", "INSERT"] }',
    ),
    "rights that are no list": (
        "[access.roles.app]\ndatabase = 'CONNECT'",
        "dbops.toml:2: [access.roles.app] database is 'CONNECT'; a list of rights is needed, as in [\"CONNECT\"]",
    ),
    "tables that are a list": (
        "[access.roles.app]\nschemas = ['public']",
        "dbops.toml:2: [access.roles.app] schemas is ['public']; names with their rights are needed,"
        ' as in { public = ["USAGE"] }',
    ),
    "attribute that there is not": (
        "[access.roles.app]\nattributes = ['logn']",
        "dbops.toml:2: [access.roles.app] attributes is ['logn'];"
        " one of login, superuser, createdb, createrole, replication, bypassrls is needed (did you mean 'login'?)",
    ),
    "attributes of everybody": (
        "[access.roles.PUBLIC]\nattributes = ['login']",
        "dbops.toml:1: [access.roles.PUBLIC] is no role of its own: it has no attributes and belongs to none",
    ),
    "role that is declared and ignored": (
        "[access]\nignore = ['a*']\n[access.roles.app]\nattributes = ['login']",
        "dbops.toml:2: [access] ignore leaves out role 'app', which is declared",
    ),
    "role that is no table": (
        "[access.roles]\napp = 'SELECT'",
        "dbops.toml:2: 'access.roles.app' is a single value; a table is needed",
    ),
}


def test_tenancy_is_read(project: ProjectFolder) -> None:
    assert project.load(TENANCY).tenancy == TenancyRules(
        column="org_id", setting="app.org_id", role="app", columns=(("brand", "owner_id"),), shared=("template",),
        exempt=(("signup", "written before there is a tenant"),),
    )  # fmt: skip


def test_access_is_read_and_a_name_comes_before_a_pattern(project: ProjectFolder) -> None:
    tables = ObjectRights((("*", ("SELECT",)), ("invoice", ("INSERT", "SELECT"))))
    rule = RoleRule("app", attributes=("login",), member_of=("reader",), tables=tables)
    assert project.load(ACCESS).access == AccessRules("owner", ("cloud_*",), (rule,))
    assert (tables.of("invoice"), tables.of("customer")) == (("INSERT", "SELECT"), ("SELECT",))


def test_nothing_is_declared_without_the_tables(project: ProjectFolder) -> None:
    config = project.load("")
    assert (config.tenancy.is_declared, config.access.is_declared) == (False, False)


@pytest.mark.parametrize("case", REFUSALS)
def test_malformed_table_is_refused_in_one_line(project: ProjectFolder, case: str) -> None:
    text, message = REFUSALS[case]
    assert project.refuse(text) == message
