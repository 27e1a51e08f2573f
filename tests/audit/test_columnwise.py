"""Of many rows the trail tells column by column: the entries are those that the same rows leave a few at a time."""

from __future__ import annotations

import pytest

from pytest_dbops.backends.postgresql.audit.columnwise import MANY_ROWS
from tests.audit.conftest import Audited

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
ROWS = 2 * MANY_ROWS
PIECES = 3
# By which 'word' equals 'WORD', where the server was built with ICU.
FOLDED = "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
PLAIN = 'CREATE COLLATION folded FROM "C"'
ODD = (
    "CREATE TYPE pair AS (a integer, b text)",
    "CREATE DOMAIN brief AS varchar(40)",
    """\
    CREATE TABLE odd (org_id integer, gone integer, id integer, place integer, c1 text, folded text COLLATE folded,
        brief brief, scale numeric, approx float8, span interval, word json, tree jsonb, list integer[], pair pair,
        raw bytea, at timestamptz, touched integer, "50%s ""o'" text, "ü@o" text, email text, spot point,
        twice integer GENERATED ALWAYS AS (place * 2) STORED, PRIMARY KEY (org_id, id, email))""",
    "ALTER TABLE odd DROP COLUMN gone",
)
FILLED = f"""\
INSERT INTO odd SELECT n % 3, n, n, 'x', 'word', 'brief', 1.0, n / 3.0, '24 hours', '{{"b": 1}}', '{{"b": [1, null]}}',
    '{{1,2}}', ROW(1, 'b')::pair, '\\x00', '2026-01-01', 1, NULL, 'plain', 'e' || n, point(1, 2)
FROM generate_series(1, {ROWS}) AS n
"""
CHANGES = (
    ("touched = 2", 0),
    ("place = place, touched = 3", 0),
    ("scale = 1.00", 0),
    ("folded = upper(folded)", 1),
    ("span = '1 day'", 1),
    ("approx = approx * 1e20", 1),
    ("""word = '{"b":  2}', spot = point(1, 2.5)""", 1),
    ("word = 'null', tree = 'null'", 1),
    ("word = NULL, tree = NULL", 0),
    ("list = '{{1,NULL}}', pair = (2, NULL)", 1),
    ("raw = NULL, at = '2026-06-01 12:00:00.5+02', brief = 'Ä'", 1),
    ("""place = id + 1, c1 = NULL, "50%s ""o'" = 'it''s "q"', "ü@o" = E'a\\tb\\\\'""", 1),
    ("c1 = CASE WHEN id % 2 = 0 THEN 'odd' || id END", 0.5),
    ("email = email || '!', org_id = 7 - org_id", 1),
)
TOLD = "SELECT tenant, row_key, changed FROM dbops.audit_log WHERE id > {} ORDER BY (row_key::jsonb ->> 'id')::int"


@pytest.fixture
def odd(project: Audited) -> Audited:
    """A table of values that are hard to tell, with its trail."""
    (collations,) = project.rows("SELECT count(*) FROM pg_collation WHERE collname = 'und-x-icu'")[0]
    project.run(FOLDED if collations else PLAIN, *ODD)
    project.configure("", replacing={'"party"]': '"party", "odd"]', '["party.email"]': '["*.email", "odd.word"]'})
    assert project.dbops("install").code == 0
    return project


def told(odd: Audited, pieces: int) -> list[list[tuple[object, ...]]]:
    """Make every change in so many statements, and return what each change leaves."""
    odd.run("TRUNCATE odd", FILLED)
    found = []
    for change, _ in CHANGES:
        (before,) = odd.rows("SELECT max(id) FROM dbops.audit_log")[0]
        odd.run(*(f"UPDATE odd SET {change} WHERE id % {pieces} = {piece}" for piece in range(pieces)))
        found.append(odd.rows(TOLD.format(before)))
    return found


def test_many_rows_at_once_leave_the_entries_of_the_same_rows_a_few_at_a_time(odd: Audited) -> None:
    at_once = told(odd, 1)
    assert [len(each) for each in at_once] == [share * ROWS for _, share in CHANGES]
    assert at_once == told(odd, PIECES)
    assert "(masked)" in repr(at_once)
    assert "e1!" not in repr(at_once)
