"""The readers' own small languages: access lists of PostgreSQL, CREATE texts of SQLite."""

from __future__ import annotations

import pytest

from pytest_dbops.backends.postgresql.catalog.acl import parse_access_list, read_privileges
from pytest_dbops.backends.sqlite.catalog.create_other import parse_create_index, trigger_definition, view_definition
from pytest_dbops.backends.sqlite.catalog.create_table import parse_create_table
from pytest_dbops.backends.sqlite.catalog.spellings import affinity, spell_default, spell_type
from pytest_dbops.backends.sqlite.catalog.tokens import render_tokens, tokenize
from pytest_dbops.core.catalog import PUBLIC, Grant, Privileges


def test_access_list_names_grantee_privilege_option_and_grantor() -> None:
    found = parse_access_list(["reader=r*w/app", "=X/app", '"odd ""role"""=U/other'], "app")
    assert found == [
        Grant("reader", "SELECT", is_grantable=True),
        Grant("reader", "UPDATE"),
        Grant(PUBLIC, "EXECUTE"),
        Grant('odd "role"', "USAGE", grantor="other"),
    ]


@pytest.mark.parametrize(
    ("kind", "items"),
    [("table", ["app=arwdDxt/app"]), ("routine", ["=X/app", "app=X/app"]), ("schema", ["app=UC/app"])],
)
def test_explicit_default_equals_no_list_at_all(kind: str, items: list[str]) -> None:
    assert read_privileges(items, kind, "app", 16) == read_privileges(None, kind, "app", 16)


def test_privilege_the_owner_gave_up_is_missing() -> None:
    found = read_privileges(["app=arwDxt/app"], "table", "app", 16)
    assert found == Privileges((), ("DELETE",), is_default=False)


def test_function_taken_from_everybody_is_no_default() -> None:
    assert not read_privileges(["app=X/app"], "routine", "app", 16).is_default


@pytest.mark.parametrize(
    ("declared", "spelled"),
    [
        ("varchar( 20 )", "VARCHAR(20)"),
        ("decimal(10 , 2)", "DECIMAL(10,2)"),
        ("double  precision", "DOUBLE PRECISION"),
        ("", ""),
        ("character varying(9) x", "CHARACTER VARYING(9) X"),
    ],
)
def test_type_has_one_spelling(declared: str, spelled: str) -> None:
    assert spell_type(declared) == spelled


@pytest.mark.parametrize(
    ("default", "declared", "spelled"),
    [
        ("'-1'", "INTEGER", "-1"),
        ("- 1", "INTEGER", "-1"),
        ("+1", "INTEGER", "1"),
        ("false", "BOOLEAN", "0"),
        ("'0'", "BOOLEAN", "0"),
        ("0", "TEXT", "'0'"),
        ("'0'", "TEXT", "'0'"),
        ("'0'", "BLOB", "'0'"),
        ("0", "BLOB", "0"),
        ("'x'", "INTEGER", "'x'"),
        ("NULL", "TEXT", None),
        ("current_timestamp", "DATETIME", "CURRENT_TIMESTAMP"),
        ("(datetime( 'now' ))", "DATETIME", "datetime('now')"),
        (None, "TEXT", None),
        ("1e3", "REAL", "1e3"),
    ],
)
def test_default_has_one_spelling(default: str | None, declared: str, spelled: str | None) -> None:
    assert spell_default(default, declared, {}) == spelled


@pytest.mark.parametrize(
    ("declared", "name"),
    [("INT", "INTEGER"), ("VARCHAR(9)", "TEXT"), ("", "BLOB"), ("DOUBLE", "REAL"), ("DATETIME", "NUMERIC")],
)
def test_affinity_follows_the_documented_rules(declared: str, name: str) -> None:
    assert affinity(declared) == name


@pytest.mark.parametrize(
    ("sql", "spelled"),
    [
        ("select\n a ,b from [t] -- end", "SELECT a, b FROM t"),
        ('"order" != "x"', '"order" <> x'),
        ("a /* b */ || 'it''s' || x'0F'", "a || 'it''s' || x'0F'"),
        ("count ( * ) filter(where a)", "count(*) FILTER (WHERE a)"),
        ("a.b - -1.5e3", "a.b - - 1.5e3"),
        ("'unfinished", "' unfinished"),
    ],
)
def test_tokens_are_written_in_one_spelling(sql: str, spelled: str) -> None:
    assert render_tokens(tokenize(sql)) == spelled


def test_create_table_says_what_the_server_does_not_list() -> None:
    found = parse_create_table(
        """CREATE TABLE IF NOT EXISTS "t" ( -- a (comment), with brackets
          "id" INTEGER CONSTRAINT pk PRIMARY KEY ON CONFLICT FAIL AUTOINCREMENT,
          a, -- no type
          [b c] VARCHAR(20, 3) DEFAULT (1, 2) NOT NULL ON CONFLICT REPLACE COLLATE nocase CHECK ([b c] <> ','),
          d DEFAULT -1 REFERENCES p ON DELETE SET NULL MATCH FULL ON UPDATE NO ACTION DEFERRABLE INITIALLY DEFERRED,
          e AS (a || ')') STORED,
          CONSTRAINT u UNIQUE (a COLLATE nocase DESC, "b c") ON CONFLICT IGNORE
          CHECK (d IN (1, 2)),
          FOREIGN KEY (a, d) REFERENCES q (x, y) NOT DEFERRABLE INITIALLY IMMEDIATE
        )"""
    )
    assert [column.name for column in found.columns] == ["id", "a", "b c", "d", "e"]
    assert (found.columns[2].collation, found.columns[2].not_null_conflict) == ("NOCASE", "REPLACE")
    assert found.columns[4].generated == "a || ')'"
    assert found.primary_key is not None
    assert (found.primary_key.name, found.primary_key.conflict, found.primary_key.is_autoincrement) == (
        "pk", "FAIL", True,
    )  # fmt: skip
    assert [(key.name, key.columns, key.conflict) for key in found.uniques] == [("u", ("a", "b c"), "IGNORE")]
    assert [(key.is_deferrable, key.is_initially_deferred) for key in found.foreign_keys] == [
        (True, True),
        (False, False),
    ]
    assert [render_tokens(check.tokens) for check in found.checks] == ["\"b c\" <> ','", "d IN (1, 2)"]


def test_create_index_says_its_expressions_and_predicate() -> None:
    found = parse_create_index(
        'CREATE UNIQUE INDEX "i (x)" ON t (lower("A") DESC, b COLLATE nocase, (a + 1)) WHERE (B IS NOT NULL)',
        {"a": "a", "b": "b"},
    )
    assert found.expressions == ("lower(a)", "b", "a + 1")
    assert found.predicate == "b IS NOT NULL"


def test_trigger_is_read_from_its_time_on() -> None:
    sql = "CREATE TRIGGER IF NOT EXISTS after_all UPDATE OF a ON t BEGIN SELECT 1; END"
    assert trigger_definition(sql) == "BEFORE UPDATE OF a ON t BEGIN SELECT 1; END"


def test_view_is_read_from_its_query_on() -> None:
    assert view_definition('CREATE VIEW "v as" AS select 1 as "one"') == "SELECT 1 AS one"
    assert view_definition("CREATE TEMP VIEW v (a, b) AS SELECT 1, 2") == "(a, b) AS SELECT 1, 2"
