"""What is found in the histories of `defects.py`: all of it, word by word; a revision that is not here is clean."""

from __future__ import annotations

from pytest_dbops.core.severity import Severity
from tests.migrations.project import Said

EXPECTED: dict[str, dict[str, list[Said]]] = {
    "postgresql": {
        "d01b": [
            Said(
                "reverses",
                "downgrade of 'd01b' does not restore the schema (migrations/versions/d01b.py:18); its "
                "downgrade does nothing: + sequence t01x_id_seq (type integer, owned by t01x.id); + table "
                "t01x (2 columns, 1 primary key)",
                (
                    {
                        "change": "added",
                        "what": "sequence t01x_id_seq",
                        "before": None,
                        "after": "type integer, owned by t01x.id",
                    },
                    {"change": "added", "what": "table t01x", "before": None, "after": "2 columns, 1 primary key"},
                ),
            ),
        ],
        "d02b": [
            Said(
                "reverses",
                "downgrade of 'd02b' does not restore the schema (migrations/versions/d02b.py:19); its "
                "downgrade does nothing: ~ column name of table t02: now not null",
                ({"change": "added", "what": "table t02 column name not null", "before": None, "after": "yes"},),
            ),
        ],
        "d03b": [
            Said(
                "reverses",
                "downgrade of 'd03b' does not restore the schema (migrations/versions/d03b.py:20): ~ column "
                "state of table t03: default 'new'::text -> 'open'::text",
                (
                    {
                        "change": "changed",
                        "what": "table t03 column state default",
                        "before": "'new'::text",
                        "after": "'open'::text",
                    },
                ),
            ),
        ],
        "d04b": [
            Said(
                "reverses",
                "downgrade of 'd04b' does not restore the schema (migrations/versions/d04b.py:20): - check "
                "positive of table t04 (expression (amount > 0))",
                (
                    {
                        "change": "removed",
                        "what": "table t04 check positive",
                        "before": "expression (amount > 0)",
                        "after": None,
                    },
                ),
            ),
            Said(
                "reapplies",
                "upgrade again of 'd04b' fails (migrations/versions/d04b.py:15): UndefinedObject: constraint "
                '"positive" of relation "t04" does not exist',
                ({"statement": "ALTER TABLE t04 DROP CONSTRAINT positive"},),
            ),
        ],
        "d05b": [
            Said(
                "reverses",
                "downgrade of 'd05b' does not restore the schema (migrations/versions/d05b.py:20): ~ view "
                "v05: definition SELECT t05.id FROM public.t05 -> SELECT t05.id, t05.name FROM public.t05; + "
                "column name of view v05 (type text)",
                (
                    {
                        "change": "changed",
                        "what": "view v05 definition",
                        "before": "SELECT t05.id\n   FROM public.t05",
                        "after": "SELECT t05.id,\n    t05.name\n   FROM public.t05",
                    },
                    {"change": "added", "what": "view v05 column name", "before": None, "after": "type text"},
                ),
            ),
        ],
        "d06b": [
            Said(
                "reverses",
                "downgrade of 'd06b' does not restore the schema (migrations/versions/d06b.py:19): ~ "
                "function f06(): source SELECT 1 -> SELECT 2",
                ({"change": "changed", "what": "function f06() source", "before": "SELECT 1", "after": "SELECT 2"},),
            ),
        ],
        "d07b": [
            Said(
                "reverses",
                "downgrade of 'd07b' does not restore the schema (migrations/versions/d07b.py:19): + trigger "
                "watch of table t07 (definition CREATE TRIGGER watch BEFORE INSERT ON public.t07 FOR EACH "
                "ROW EXECUTE…)",
                (
                    {
                        "change": "added",
                        "what": "table t07 trigger watch",
                        "before": None,
                        "after": "definition CREATE TRIGGER watch BEFORE INSERT ON public.t07"
                        " FOR EACH ROW EXECUTE FUNCTION public.f07()",
                    },
                ),
            ),
            Said(
                "reapplies",
                "upgrade again of 'd07b' fails (migrations/versions/d07b.py:15): DuplicateObject: trigger "
                '"watch" for relation "t07" already exists',
                ({"statement": "CREATE TRIGGER watch BEFORE INSERT ON t07 FOR EACH ROW EXECUTE FUNCTION f07()"},),
            ),
        ],
        "d08b": [
            Said(
                "reverses",
                "downgrade of 'd08b' does not restore the schema (migrations/versions/d08b.py:20): ~ enum "
                "e08: labels 'sad', 'glad' -> 'sad', 'glad', 'calm'",
                (
                    {
                        "change": "changed",
                        "what": "enum e08 labels",
                        "before": "'sad', 'glad'",
                        "after": "'sad', 'glad', 'calm'",
                    },
                ),
            ),
        ],
        "d09b": [
            Said(
                "reverses",
                "downgrade of 'd09b' does not restore the schema (migrations/versions/d09b.py:18); its "
                "downgrade does nothing: ~ table t09: now row security",
                ({"change": "added", "what": "table t09 row security", "before": None, "after": "yes"},),
            ),
        ],
        "d10b": [
            Said(
                "reverses",
                "downgrade of 'd10b' does not restore the schema (migrations/versions/d10b.py:18): ~ index "
                "i10 of table t10: on (name) -> (other)",
                ({"change": "changed", "what": "table t10 index i10 on", "before": "(name)", "after": "(other)"},),
            ),
        ],
        "d11b": [
            Said(
                "reverses",
                "downgrade of 'd11b' does not restore the schema (migrations/versions/d11b.py:18): ~ foreign "
                "key k11 of table t11: on delete CASCADE -> none",
                (
                    {
                        "change": "removed",
                        "what": "table t11 foreign key k11 on delete",
                        "before": "CASCADE",
                        "after": None,
                    },
                ),
            ),
        ],
        "d15b": [
            Said(
                "reverses",
                "downgrade of 'd15b' does not restore the schema (migrations/versions/d15b.py:19): + grant "
                "to PUBLIC of table t15 (SELECT)",
                ({"change": "added", "what": "table t15 grant to PUBLIC", "before": None, "after": "SELECT"},),
            ),
        ],
        "d16b": [
            Said(
                "reverses",
                "downgrade of 'd16b' does not restore the schema (migrations/versions/d16b.py:19): ~ table "
                "t16: comment none -> new",
                ({"change": "added", "what": "table t16 comment", "before": None, "after": "new"},),
            ),
        ],
        "d19b": [],
        "d20b": [
            Said(
                "reverses",
                "downgrade of 'd20b' does not restore the schema (migrations/versions/d20b.py:18): ~ foreign "
                "key k20 of table t20: now not valid",
                ({"change": "added", "what": "table t20 foreign key k20 not valid", "before": None, "after": "yes"},),
            ),
        ],
        "d21b": [
            Said(
                "reverses",
                "downgrade of 'd21b' does not restore the schema (migrations/versions/d21b.py:18): + enum "
                "e21 (labels 'sad', 'glad')",
                ({"change": "added", "what": "enum e21", "before": None, "after": "labels 'sad', 'glad'"},),
            ),
            Said(
                "reapplies",
                "upgrade again of 'd21b' fails (migrations/versions/d21b.py:15): DuplicateObject: type \"e21\" "
                "already exists",
                ({"statement": "CREATE TYPE e21 AS ENUM ('sad', 'glad')"},),
            ),
        ],
        "d22b": [
            Said(
                "reverses",
                "downgrade of 'd22b' does not restore the schema (migrations/versions/d22b.py:14); it has no "
                "downgrade: + column extra of table t22 (type text)",
                ({"change": "added", "what": "table t22 column extra", "before": None, "after": "type text"},),
            ),
        ],
        "d23b": [
            Said(
                "reverses",
                "downgrade of 'd23b' fails (migrations/versions/d23b.py:19): UndefinedColumn: column \"extar\" "
                'of relation "t23" does not exist',
                ({"statement": "ALTER TABLE t23 DROP COLUMN extar"},),
            ),
        ],
        "o01b": [
            Said(
                "reverses",
                "downgrade of 'o01b' leaves the columns in another order (migrations/versions/o01b.py:18): ~ "
                "table q01: column order id, name, other -> id, other, name",
                (
                    {
                        "change": "changed",
                        "what": "table q01 column order",
                        "before": "id, name, other",
                        "after": "id, other, name",
                    },
                ),
                Severity.INFO,
            ),
        ],
    },
    "sqlite": {
        "d01b": [
            Said(
                "reverses",
                "downgrade of 'd01b' does not restore the schema (migrations/versions/d01b.py:18); its "
                "downgrade does nothing: + table t01x (2 columns, 1 primary key)",
                ({"change": "added", "what": "table t01x", "before": None, "after": "2 columns, 1 primary key"},),
            ),
        ],
        "d02b": [
            Said(
                "reverses",
                "downgrade of 'd02b' does not restore the schema (migrations/versions/d02b.py:19); its "
                "downgrade does nothing: ~ column name of table t02: now not null",
                ({"change": "added", "what": "table t02 column name not null", "before": None, "after": "yes"},),
            ),
        ],
        "d03b": [
            Said(
                "reverses",
                "downgrade of 'd03b' does not restore the schema (migrations/versions/d03b.py:20): ~ column "
                "state of table t03: default 'new' -> 'open'",
                (
                    {
                        "change": "changed",
                        "what": "table t03 column state default",
                        "before": "'new'",
                        "after": "'open'",
                    },
                ),
            ),
        ],
        "d04b": [
            Said(
                "reverses",
                "downgrade of 'd04b' does not restore the schema (migrations/versions/d04b.py:20): - check "
                "positive of table t04 (expression amount > 0)",
                (
                    {
                        "change": "removed",
                        "what": "table t04 check positive",
                        "before": "expression amount > 0",
                        "after": None,
                    },
                ),
            ),
            Said(
                "reapplies",
                "upgrade again of 'd04b' fails (migrations/versions/d04b.py:15): ValueError: No such "
                "constraint: 'positive'",
            ),
        ],
        "d05b": [
            Said(
                "reverses",
                "downgrade of 'd05b' does not restore the schema (migrations/versions/d05b.py:20): ~ view "
                "v05: definition SELECT id FROM t05 -> SELECT id, name FROM t05",
                (
                    {
                        "change": "changed",
                        "what": "view v05 definition",
                        "before": "SELECT id FROM t05",
                        "after": "SELECT id, name FROM t05",
                    },
                ),
            ),
        ],
        "d07b": [
            Said(
                "reverses",
                "downgrade of 'd07b' does not restore the schema (migrations/versions/d07b.py:19): + trigger "
                "watch of table t07 (definition AFTER INSERT ON t07 BEGIN SELECT 1; END)",
                (
                    {
                        "change": "added",
                        "what": "table t07 trigger watch",
                        "before": None,
                        "after": "definition AFTER INSERT ON t07 BEGIN SELECT 1; END",
                    },
                ),
            ),
            Said(
                "reapplies",
                "upgrade again of 'd07b' fails (migrations/versions/d07b.py:15): OperationalError: trigger "
                "watch already exists",
                ({"statement": "CREATE TRIGGER watch AFTER INSERT ON t07 BEGIN SELECT 1; END"},),
            ),
        ],
        "d10b": [
            Said(
                "reverses",
                "downgrade of 'd10b' does not restore the schema (migrations/versions/d10b.py:18): ~ index "
                "i10 of table t10: on (name) -> (other)",
                ({"change": "changed", "what": "table t10 index i10 on", "before": "(name)", "after": "(other)"},),
            ),
        ],
        "d11b": [
            Said(
                "reverses",
                "downgrade of 'd11b' does not restore the schema (migrations/versions/d11b.py:19): ~ foreign "
                "key k11 of table t11: on delete CASCADE -> none",
                (
                    {
                        "change": "removed",
                        "what": "table t11 foreign key k11 on delete",
                        "before": "CASCADE",
                        "after": None,
                    },
                ),
            ),
        ],
        "d19b": [],
        "d22b": [
            Said(
                "reverses",
                "downgrade of 'd22b' does not restore the schema (migrations/versions/d22b.py:14); it has no "
                "downgrade: + column extra of table t22 (type TEXT)",
                ({"change": "added", "what": "table t22 column extra", "before": None, "after": "type TEXT"},),
            ),
        ],
        "d23b": [
            Said(
                "reverses",
                "downgrade of 'd23b' fails (migrations/versions/d23b.py:19): OperationalError: no such "
                'column: "extar"',
                ({"statement": "ALTER TABLE t23 DROP COLUMN extar"},),
            ),
        ],
        "o01b": [
            Said(
                "reverses",
                "downgrade of 'o01b' leaves the columns in another order (migrations/versions/o01b.py:18): ~ "
                "table q01: column order id, name, other -> id, other, name",
                (
                    {
                        "change": "changed",
                        "what": "table q01 column order",
                        "before": "id, name, other",
                        "after": "id, other, name",
                    },
                ),
                Severity.INFO,
            ),
        ],
    },
}
