"""Whether views and routines answer a tenant by rows of another: ask them with those rows and without, and compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from pytest_dbops.backends.postgresql.tenancy.merging import MERGE_OF_VIEWS_SINCE
from pytest_dbops.backends.postgresql.tenancy.stage import Answer, Rows, Stage, sure, sure_table, sure_text
from pytest_dbops.core.catalog import Catalog, View
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.tenancy import Attempt, Leak, Unproved
from pytest_dbops.core.tenancy.keys import conflict_keys

_MOST_CALLS = 16
_INTEGERS = ("bigint", "integer", "smallint", "numeric")
_TEXTS = ("text", "character varying", "name")

ROUTINES = """
SELECT p.oid::regprocedure::text,
       p.pronamespace::regnamespace::text || '.' || pg_catalog.quote_ident(p.proname),
       p.prokind::text,
       p.provolatile = 'v',
       ARRAY(
         SELECT pg_catalog.format_type(t, NULL) FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS a(t, n)
         ORDER BY n
       )
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p')
  AND n.nspname <> 'information_schema'
  AND n.nspname NOT LIKE 'pg\\_%%'
  AND p.prorettype <> ALL ('{trigger,event_trigger,internal,language_handler}'::regtype[])
  AND NOT 'internal'::regtype = ANY (p.proargtypes)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
  AND pg_catalog.has_function_privilege(%s, p.oid, 'EXECUTE')
  AND pg_catalog.has_schema_privilege(%s, n.oid, 'USAGE')
ORDER BY 1
"""

WRITTEN = "SELECT pg_catalog.sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_catalog.pg_stat_xact_all_tables"
"""Rows written by the transaction so far."""

WRITABLE = """
SELECT pg_catalog.pg_relation_is_updatable(c.oid, true),
       pg_catalog.has_table_privilege(%s, c.oid, 'SELECT'),
       pg_catalog.has_table_privilege(%s, c.oid, 'INSERT'),
       pg_catalog.has_table_privilege(%s, c.oid, 'UPDATE'),
       pg_catalog.has_table_privilege(%s, c.oid, 'DELETE')
FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = pg_catalog.quote_ident(%s)::regnamespace AND c.relname = %s
"""
_UPDATABLE, _INSERTABLE, _DELETABLE = 4, 8, 16


@frozen
class Question:
    """One statement that a tenant may ask, and whose answer must not depend on another's rows.

    may_write: whether it calls a routine that may change rows, as far as the server knows.
    """

    subject: str
    attempt: Attempt
    sql: str
    may_write: bool = False


@frozen
class Players:
    """All tenant tables with their rows, and who acts against whom."""

    rows: Sequence[Rows]
    actor: str
    victim: str


def questions_of(stage: Stage, catalog: Catalog, players: Players) -> tuple[list[Question], list[Unproved]]:
    """Return what the role may ask of views and routines, and routines that cannot be called with known values."""
    asked: list[Question] = []
    for view in catalog.views:
        if _rights(stage, view)[1]:
            name = f"{sure(view.schema)}.{sure(view.name)}"
            asked.append(Question(view.display, Attempt.READ, _digest(f"SELECT * FROM {name}")))  # noqa: S608  # quoted name
    routines, blind = _routines(stage, players)
    return [*asked, *routines], blind


def interference(stage: Stage, catalog: Catalog, players: Players) -> Iterator[Leak | Unproved]:
    """Ask every question for a tenant and for none, with all rows and without the others', and tell what differs."""
    asked, blind = questions_of(stage, catalog, players)
    yield from blind
    for tenant in (players.actor, ""):
        with_all = {question: _ask(stage, question, tenant) for question in asked}
        again = {question: _ask(stage, question, tenant) for question in asked}
        with stage.changed():
            _without_others(stage, catalog, players, tenant)
            alone = {question: _ask(stage, question, tenant) for question in asked}
        yield from _judged(asked, with_all, again, alone, tenant)
    yield from _by_calls(stage, asked, players)
    yield from _through_views(stage, catalog, players)


def _judged(
    asked: Sequence[Question], with_all: Mapping[Question, Answer], again: Mapping[Question, Answer],
    alone: Mapping[Question, Answer], tenant: str,
) -> Iterator[Leak | Unproved]:  # fmt: skip
    told: set[str] = set()
    who = f"tenant {tenant!r}" if tenant else "a session without a tenant"
    for question in asked:
        if question.subject in told:
            continue
        before, after = with_all[question], alone[question]
        if before != again[question]:
            told.add(question.subject)
            yield Unproved(question.subject, "it answers the same question differently each time")
        elif before != after:
            told.add(question.subject)
            attempt = question.attempt if tenant else Attempt.UNNAMED
            yield Leak(question.subject, attempt, f"its answer to {who} changes when only rows of others are gone")


def _ask(stage: Stage, question: Question, tenant: str) -> Answer:
    with stage.attempt(tenant):
        stage.ask("SET LOCAL statement_timeout = '10s'")
        return stage.ask(question.sql)


def _without_others(stage: Stage, catalog: Catalog, players: Players, tenant: str) -> None:
    """Remove every row that is another tenant's, as superuser; materialized views are filled anew."""
    stage.connection.execute("SET LOCAL session_replication_role = replica")
    for rows in players.rows:
        if not rows.tenant_table.table.is_partition:
            column = sure(rows.tenant_table.column)
            stage.connection.execute(
                f"DELETE FROM {sure_table(rows.tenant_table)} WHERE {column}::text <> %s".encode(), (tenant,)  # noqa: S608  # quoted names
            )  # fmt: skip
    for view in catalog.views:
        if view.is_materialized:
            stage.ask(f"REFRESH MATERIALIZED VIEW {sure(view.schema)}.{sure(view.name)}")
    stage.connection.execute("SET LOCAL session_replication_role = origin")


def _by_calls(stage: Stage, asked: Sequence[Question], players: Players) -> Iterator[Leak]:
    """Call what may write once more, and look whether rows of others are still what they were."""
    told: set[str] = set()
    before = _others(stage, players) if any(question.may_write for question in asked) else ()
    for question in asked:
        if not question.may_write or question.subject in told:
            continue
        with stage.attempt(players.actor):
            stage.ask("SET LOCAL statement_timeout = '10s'")
            written = stage.ask(WRITTEN).rows
            if stage.ask(question.sql).sqlstate or stage.ask(WRITTEN).rows == written:
                continue  # most write nothing, and to look at every table takes longer than a call
            stage.ask("SET LOCAL SESSION AUTHORIZATION DEFAULT")
            if _others(stage, players) != before:
                told.add(question.subject)
                yield Leak(question.subject, Attempt.CALL_WRITES, "it changes rows of others")


def _through_views(stage: Stage, catalog: Catalog, players: Players) -> Iterator[Leak]:
    """Write through every view that takes it, and look whether rows of others are still what they were."""
    for view in catalog.views:
        updatable, _, may_insert, may_update, may_delete = _rights(stage, view)
        name = f"{sure(view.schema)}.{sure(view.name)}"
        column = next((each.tenant_table.column for each in players.rows if _shows(view, each)), "")
        statements: list[tuple[Attempt, str]] = []
        if may_delete and updatable & _DELETABLE:
            statements.append((Attempt.DELETE, f"DELETE FROM {name}"))  # noqa: S608  # quoted name
        if may_update and updatable & _UPDATABLE and column:
            statements.append((Attempt.UPDATE, f"UPDATE {name} SET {sure(column)} = {sure_text(players.actor)}"))  # noqa: S608  # as above
            statements += _merging(stage, name, column, players)
        if may_insert and updatable & _INSERTABLE and column:
            insertions = _insertion(stage, name, column, players.victim)
            statements += [(Attempt.INSERT, sql) for sql in insertions]
            if may_update:
                statements += [(Attempt.UPSERT, sql) for sql in _upserting(view, column, insertions, players)]
        for attempt, sql in statements:
            if told := _writes(stage, players, attempt, sql):
                yield Leak(view.display, attempt, told)


def _writes(stage: Stage, players: Players, attempt: Attempt, sql: str) -> str:
    before = _others(stage, players)
    with stage.attempt(players.actor):
        answer = stage.ask(sql)
        if answer.met_a_constraint:
            return "the policies let it through; only a constraint was in its way"
        if answer.sqlstate:
            return ""
        stage.ask("SET LOCAL SESSION AUTHORIZATION DEFAULT")
        changed = _others(stage, players) != before
    if attempt in (Attempt.INSERT, Attempt.UPSERT):
        return f"a row of tenant {players.victim!r} was written" if answer.touched else ""
    return f"{answer.touched} rows touched, among them others'" if changed else ""


def _others(stage: Stage, players: Players) -> tuple[tuple[int, int], ...]:
    """Return how many rows of others each table has, and a sum over what is in them."""
    found = []
    for rows in players.rows:
        if not rows.tenant_table.table.is_partition:
            column = sure(rows.tenant_table.column)
            sql = f"SELECT * FROM {sure_table(rows.tenant_table)} WHERE {column}::text <> {sure_text(players.actor)}"  # noqa: S608  # quoted names
            answer = stage.ask(_digest(sql))
            found.append(answer.rows[0] if answer.rows else (0, 0))
    return tuple((int(count), int(total)) for count, total in found)


def _insertion(stage: Stage, name: str, column: str, victim: str) -> list[str]:
    """Return the insertion of a row through a view that is another tenant's there; none where it shows none."""
    found = stage.ask(
        f"SELECT pg_catalog.to_jsonb(v)::text FROM {name} AS v WHERE {sure(column)}::text = %s LIMIT 1", (victim,)  # noqa: S608  # quoted name
    )  # fmt: skip
    return [
        f"INSERT INTO {name} SELECT * FROM"  # noqa: S608  # as above
        f" pg_catalog.jsonb_populate_record(NULL::{name}, {sure_text(str(row[0]))}::jsonb)"
        for row in found.rows
    ]


def _merging(stage: Stage, name: str, column: str, players: Players) -> list[tuple[Attempt, str]]:
    if stage.connection.info.server_version < MERGE_OF_VIEWS_SINCE:
        return []
    then = f"WHEN MATCHED THEN UPDATE SET {sure(column)} = {sure_text(players.actor)}"
    return [(Attempt.MERGE, f"MERGE INTO {name} AS v USING (SELECT 1) AS s ON true {then}")]


def _upserting(view: View, column: str, insertions: Sequence[str], players: Players) -> Iterator[str]:
    """Yield the insertion with ON CONFLICT, by each key of a table of tenants whose columns the view shows."""
    shown = {each.name for each in view.columns}
    keys = [key for each in players.rows for key in conflict_keys(each.tenant_table.table) if set(key) <= shown]
    for key in dict.fromkeys(keys):
        listed = ", ".join(map(sure, key))
        for sql in insertions:
            yield f"{sql} ON CONFLICT ({listed}) DO UPDATE SET {sure(column)} = excluded.{sure(column)}"


def _routines(stage: Stage, players: Players) -> tuple[list[Question], list[Unproved]]:
    asked: list[Question] = []
    blind: list[Unproved] = []
    keys = _keys(stage, players)
    for signature, name, kind, may_write, types in stage.ask(ROUTINES, (stage.role, stage.role)).rows:
        pools = [_values(kind_of, players, keys) for kind_of in types]
        if not all(pools):
            unknown = next(kind_of for kind_of, pool in zip(types, pools, strict=True) if not pool)
            blind.append(Unproved(_shown(signature), f"no value of type {unknown} is known to call it with"))
            continue
        for values in islice(product(*pools), _MOST_CALLS):
            call = f"{name}({', '.join(values)})"
            sql = f"CALL {call}" if kind == "p" else _digest(f"SELECT * FROM {call} AS f")  # noqa: S608  # as above
            asked.append(Question(_shown(signature), Attempt.CALL, sql, may_write=may_write))
    return asked, blind


def _values(kind: str, players: Players, keys: Sequence[str]) -> list[str]:
    """Return literals to call a routine with: the tenants, keys of the other's rows, and plain ones of the type."""
    tenants = [players.victim, players.actor]
    if kind in _INTEGERS:
        numbers = [text for text in (*tenants, *keys) if text.lstrip("-").isdigit()]
        return [f"{sure_text(text)}::{kind}" for text in dict.fromkeys((*numbers, "1"))]
    if kind in _TEXTS:
        return [f"{sure_text(text)}::{kind}" for text in dict.fromkeys((*tenants, *keys, ""))]
    if kind == "uuid":
        return [f"{sure_text(text)}::uuid" for text in (*tenants, *keys) if len(text) == 36 and text.count("-") == 4]
    plain = {
        "boolean": ("true", "false"), "date": ("'2026-01-01'::date",), "jsonb": ("'{}'::jsonb",),
        "timestamp with time zone": ("'2026-01-01'::timestamptz",), "json": ("'{}'::json",),
        "timestamp without time zone": ("'2026-01-01'::timestamp",), "double precision": ("1::float8",),
        "text[]": ("'{}'::text[]",), "bytea": ("''::bytea",), "interval": ("'1 day'::interval",),
    }  # fmt: skip
    return list(plain.get(kind, ()))


def _keys(stage: Stage, players: Players) -> list[str]:
    """Return values of the last key column of some rows of the other tenant."""
    found: dict[str, None] = {}
    for rows in players.rows:
        table = rows.tenant_table.table
        key = table.primary_key
        if key is None or table.is_partition or not rows.of(players.victim):
            continue
        answer = stage.ask(
            f"SELECT {sure(key.columns[-1])}::text FROM {sure_table(rows.tenant_table)}"  # noqa: S608  # quoted names
            f" WHERE {sure(rows.tenant_table.column)}::text = %s ORDER BY 1 LIMIT 2",
            (players.victim,),
        )
        found |= dict.fromkeys(str(row[0]) for row in answer.rows)
    return list(found)[:_MOST_CALLS]


def _rights(stage: Stage, view: View) -> tuple[int, bool, bool, bool, bool]:
    answer = stage.ask(WRITABLE, (*[stage.role] * 4, view.schema, view.name))
    updatable, *may = answer.rows[0] if answer.rows else (0, False, False, False, False)
    may_read, may_insert, may_update, may_delete = map(bool, may)
    return int(updatable), may_read, may_insert, may_update, may_delete


def _shows(view: View, rows: Rows) -> bool:
    return any(column.name == rows.tenant_table.column for column in view.columns)


def _digest(sql: str) -> str:
    """Return a query that tells the number of rows of another, and a sum over them that no order changes."""
    return (
        "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.hashtextextended(d::text, 0)), 0)"  # noqa: S608  # made here
        f" FROM ({sql}) AS d"
    )


def _shown(signature: str) -> str:
    return signature.removeprefix("public.")
