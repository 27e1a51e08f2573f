"""The small lexer: words, strings, comments, parameters and the end of a statement on both products."""

from __future__ import annotations

import pytest

from pytest_dbops.backends.postgresql.guard import driver_text, readable
from pytest_dbops.backends.sql_text import POSTGRESQL, SQLITE, Grammar, read_statement, tokens, unique_names
from pytest_dbops.core.errors import NotReadable

BOTH = pytest.mark.parametrize("grammar", [POSTGRESQL, SQLITE], ids=lambda grammar: grammar.name)


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT :id", "SELECT %(id)s"),
        ("SELECT :id::int", "SELECT %(id)s::int"),
        ("SELECT x::int, :a", "SELECT x::int, %(a)s"),
        ("SELECT ':x', :a", "SELECT ':x', %(a)s"),
        ("SELECT 'it''s :x', :a", "SELECT 'it''s :x', %(a)s"),
        ("SELECT E'\\' :x', :a", "SELECT E'\\' :x', %(a)s"),
        ("SELECT $$ :x $$, $t$ $$ :y $t$, :a", "SELECT $$ :x $$, $t$ $$ :y $t$, %(a)s"),
        ('SELECT ":x", :a', 'SELECT ":x", %(a)s'),
        ("SELECT :a -- :x\n, 1", "SELECT %(a)s -- :x\n, 1"),
        ("SELECT :a /* :x /* :y */ :z */ + 1", "SELECT %(a)s /* :x /* :y */ :z */ + 1"),
        ("SELECT j ? 'k' AND j ?| :a AND j ?& :b", "SELECT j ? 'k' AND j ?| %(a)s AND j ?& %(b)s"),
        ("SELECT 10 % :a, '%', x LIKE '%a%'", "SELECT 10 %% %(a)s, '%%', x LIKE '%%a%%'"),
        ("SELECT 10 % 3, '%(x)s'", "SELECT 10 % 3, '%(x)s'"),
        ("SELECT a[1:n], a[x:y], a[f(1):n], :a", "SELECT a[1:n], a[x:y], a[f(1):n], %(a)s"),
        ("SELECT f(a := 1, b => :b)", "SELECT f(a := 1, b => %(b)s)"),
        ("SELECT '12:30'::time, :a", "SELECT '12:30'::time, %(a)s"),
        ("SELECT U&'\\0041:x', B'1', X'1f', n':y', :a", "SELECT U&'\\0041:x', B'1', X'1f', n':y', %(a)s"),
    ],
)
def test_parameters_reach_the_driver_and_all_else_survives(sql: str, text: str) -> None:
    assert driver_text(readable(sql)) == text


@BOTH
@pytest.mark.parametrize(
    "sql",
    ["SELECT 'a''b' || \"x\"\"y\" -- c\n", "/* ; */ SELECT 1;", "SELECT é, 1.5e-3, 'ü' , :p", "\t\n", "SELECT '\n;\n'"],
)
def test_tokens_joined_are_the_text_again(grammar: Grammar, sql: str) -> None:
    assert "".join(token.text for token in tokens(sql, grammar)) == sql


@BOTH
@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        ("select 1", "SELECT"),
        ("((SELECT 1))", "SELECT"),
        ("/* INSERT */ -- x\n WITH a AS (SELECT 1) SELECT 1", "WITH"),
        ("'x' SELECT", ""),
        ("\u00a0SELECT 1", "\u00a0SELECT"),
    ],
)
def test_the_first_word_is_found_behind_comments_and_parentheses(grammar: Grammar, sql: str, keyword: str) -> None:
    assert read_statement(sql, grammar).keyword == keyword


@BOTH
@pytest.mark.parametrize("sql", ["SELECT ';'", 'SELECT ";"', "SELECT 1 -- ;\n", "SELECT 1 /* ; */ + 1", "SELECT 1;;; "])
def test_semicolons_in_strings_names_and_comments_end_nothing(grammar: Grammar, sql: str) -> None:
    assert read_statement(sql, grammar).keyword == "SELECT"


@pytest.mark.parametrize(
    ("sql", "grammar"),
    [
        ("SELECT 1 /* /* */ ; DELETE */", SQLITE),
        ("SELECT $$ ; DELETE FROM x; $$", SQLITE),
        ("SELECT E'\\'; DELETE FROM x --'", SQLITE),
        ("SELECT [a;b]; DELETE FROM x", SQLITE),
        ("SELECT '\\'; DELETE FROM x --'", POSTGRESQL),
        ("SELECT `a; DELETE FROM x", POSTGRESQL),
    ],
)
def test_each_product_ends_statements_where_its_own_rules_say(sql: str, grammar: Grammar) -> None:
    with pytest.raises(NotReadable):
        read_statement(sql, grammar)


@pytest.mark.parametrize(
    ("sql", "grammar"),
    [
        ("SELECT 1 /* /* */ ; DELETE */", POSTGRESQL),
        ("SELECT $$ ; DELETE FROM x; $$", POSTGRESQL),
        ("SELECT E'\\'; DELETE FROM x --'", POSTGRESQL),
        ("SELECT [a;b], `c;d`", SQLITE),
        ("SELECT 1 /* open to the end ; x", SQLITE),
    ],
)
def test_each_product_has_its_own_strings_and_comments(sql: str, grammar: Grammar) -> None:
    assert read_statement(sql, grammar).keyword == "SELECT"


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        ('SELECT Count(*), "Sum" (x), pg_catalog.now ( )', {"count", "Sum", "now"}),
        ("SELECT f /* x */ -- y\n (1)", {"f"}),
        ("SELECT 'f(1)', a FROM t", set()),
        ('SELECT "a""b"(1)', {'a"b'}),
    ],
)
def test_names_before_a_parenthesis_are_calls(sql: str, calls: set[str]) -> None:
    assert read_statement(sql, POSTGRESQL).calls == calls


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "VALUES (1)",
        "TABLE customer",
        "SHOW server_version",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (ANALYZE, BUFFERS) WITH a AS (SELECT 1) TABLE a",
        "EXPLAIN DELETE FROM invoice",
        "EXPLAIN (VERBOSE) INSERT INTO invoice VALUES (1)",
        "SELECT delete, update FROM t AS insert",
        "SELECT current_setting('x'), count(*) FILTER (WHERE true)",
    ],
)
def test_reading_statements_pass_the_guard(sql: str) -> None:
    assert readable(sql).text == sql


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN ANALYZE INSERT INTO invoice VALUES (1)",
        "EXPLAIN ANALYSE VERBOSE DELETE FROM invoice",
        "EXPLAIN (VERBOSE, ANALYZE) MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
        "EXPLAIN EXECUTE x",
        "EXPLAIN ANALYZE EXECUTE x",
        "EXPLAIN CREATE TABLE x AS SELECT 1",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
        "EXPLAIN REFRESH MATERIALIZED VIEW x",
        "EXPLAIN DECLARE c CURSOR FOR SELECT 1",
    ],
)
def test_explain_of_what_writes_is_refused(sql: str) -> None:
    with pytest.raises(NotReadable):
        readable(sql)


def test_a_long_text_is_read_in_no_time() -> None:
    sql = "SELECT " + ", ".join(f"'it''s {n}' AS \"c{n}\" /* {n} */" for n in range(5_000))
    assert len(read_statement(sql, POSTGRESQL).tokens) > 25_000


def test_repeated_column_names_stay_apart() -> None:
    assert unique_names(["id", "id_2", "id", "id", "x"]) == ("id", "id_2", "id_3", "id_4", "x")
    assert unique_names(["id", "id", "id_2"]) == ("id", "id_3", "id_2")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("WITH a AS (INSERT INTO b VALUES (1) RETURNING *) SELECT * FROM a", "INSERT inside WITH writes; only"),
        (
            "WITH a AS (MERGE INTO b USING c ON true WHEN MATCHED THEN DELETE) SELECT 1",
            "MERGE inside WITH writes; only",
        ),
        ("SELECT 1 INTO a", "INTO makes a table; only"),
    ],
)
def test_guard_says_what_would_write(sql: str, said: str) -> None:
    with pytest.raises(NotReadable, match=said):
        readable(sql)
