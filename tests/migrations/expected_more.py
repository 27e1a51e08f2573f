"""All that is said of the revisions of `more_defects.py`, word by word; a revision that is not here is clean."""

from __future__ import annotations

EXPECTED_MORE: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "postgresql": {
        "d25b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd25b' does not restore the schema (migrations/versions/d25b.py:19): ~ "
                "index i25 of table t25: where none -> (id < 0)",
            )
        ],
        "d26b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd26b' does not restore the schema (migrations/versions/d26b.py:18): ~ "
                "index i26 of table t26: where (name IS NOT NULL) -> none",
            )
        ],
        "d27b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd27b' does not restore the schema (migrations/versions/d27b.py:18): + "
                "index i27 of table t27 (on (name))",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd27b' fails (migrations/versions/d27b.py:15): DuplicateTable: "
                'relation "i27" already exists',
            ),
        ],
        "d28b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd28b' does not restore the schema (migrations/versions/d28b.py:18): - "
                "index i28 of table t28 (on (name))",
            ),
            (
                "keeps_data",
                "ERROR",
                "'d28b' is not undone (migrations/versions/d28b.py:18): t28: 9 of 9 rows lost (the "
                "table was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd28b' (migrations/versions/d28b.py:14), t28: SELECT, INSERT, UPDATE, DELETE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (table "
                "missing)",
            ),
        ],
        "d29b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd29b' does not restore the schema (migrations/versions/d29b.py:19): - "
                "unique u29 of table t29 (columns (name)); + unique v29 of table t29 (columns "
                "(name))",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd29b' fails (migrations/versions/d29b.py:15): UndefinedObject: "
                'constraint "u29" of relation "t29" does not exist',
            ),
        ],
        "d30b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd30b' does not restore the schema (migrations/versions/d30b.py:18): - "
                "column name of table t30 (type text); + column names of table t30 (type text)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd30b' fails (migrations/versions/d30b.py:15): UndefinedColumn: "
                'column "name" does not exist',
            ),
            (
                "keeps_data",
                "ERROR",
                "'d30b' is not undone (migrations/versions/d30b.py:18): t30.name: 8 of 9 values lost "
                "(the column is gone)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd30b' (migrations/versions/d30b.py:14), t30.name: SELECT, INSERT, UPDATE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (column "
                "missing)",
            ),
        ],
        "d31b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd31b' does not restore the schema (migrations/versions/d31b.py:19): ~ "
                "policy w31 of table t31: using (id > 0) -> true",
            )
        ],
        "d32b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd32b' does not restore the schema (migrations/versions/d32b.py:19): ~ "
                "table t32: now forced row security",
            )
        ],
        "d33b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd33b' does not restore the schema (migrations/versions/d33b.py:19): ~ "
                "trigger watch of table t33: fires none -> disabled",
            )
        ],
        "d34b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd34b' does not restore the schema (migrations/versions/d34b.py:18): ~ "
                "function f34(): volatility stable -> none; ~ function f34(): now security definer",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd34b' gives another schema than the first "
                "(migrations/versions/d34b.py:14): ~ function f34(): volatility stable -> none",
            ),
        ],
        "d35b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd35b' does not restore the schema (migrations/versions/d35b.py:19): ~ "
                "materialized view m35: definition SELECT t35.id FROM public.t35 -> SELECT t35.id "
                "FROM public.t35 WHERE (t35.id > 1)",
            )
        ],
        "d36b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd36b' does not restore the schema (migrations/versions/d36b.py:19): ~ "
                "sequence s36: increment none -> 10",
            )
        ],
        "d37b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd37b' does not restore the schema (migrations/versions/d37b.py:18): ~ "
                'column name of table t37: collation none -> "C"',
            )
        ],
        "d38b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd38b' does not restore the schema (migrations/versions/d38b.py:19): ~ "
                "table t38: options none -> fillfactor=70",
            )
        ],
        "d39b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd39b' does not restore the schema (migrations/versions/d39b.py:18): ~ "
                "foreign key k39 of table t39: no longer initially deferred",
            )
        ],
        "d40b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd40b' does not restore the schema (migrations/versions/d40b.py:19): + "
                "check filled of domain h40 (expression (VALUE <> ''::text))",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd40b' fails (migrations/versions/d40b.py:15): DuplicateObject: "
                'constraint "filled" for domain "h40" already exists',
            ),
        ],
        "d41b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd41b' does not restore the schema (migrations/versions/d41b.py:19): ~ "
                "type y41: attribute order a -> a, b; + attribute b of type y41 (type text)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd41b' fails (migrations/versions/d41b.py:15): DuplicateColumn: "
                'column "b" of relation "y41" already exists',
            ),
        ],
        "d42b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd42b' does not restore the schema (migrations/versions/d42b.py:18): + "
                "table t42y (2 columns)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd42b' fails (migrations/versions/d42b.py:15): DuplicateTable: "
                'relation "t42y" already exists',
            ),
        ],
        "d43b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd43b' does not restore the schema (migrations/versions/d43b.py:19): ~ "
                "column name of table t43: grant to PUBLIC none -> SELECT",
            )
        ],
        "d44b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd44b' does not restore the schema (migrations/versions/d44b.py:19): ~ "
                "table t44: replica identity none -> full",
            )
        ],
        "d45b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd45b' does not restore the schema (migrations/versions/d45b.py:19): ~ "
                "enum e45: labels 'sad', 'glad' -> 'sad', 'happy'",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd45b' fails (migrations/versions/d45b.py:15): "
                'InvalidParameterValue: "glad" is not an existing enum label',
            ),
        ],
        "d46b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd46b' does not restore the schema (migrations/versions/d46b.py:18): ~ "
                "column vat of table t46: as (net * 2) -> (net * 3)",
            ),
            (
                "keeps_data",
                "ERROR",
                "'d46b' is not undone (migrations/versions/d46b.py:18): t46.vat: 6 of 7 values "
                "changed (another number: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd46b' (migrations/versions/d46b.py:14), t46.vat: SELECT of the running "
                "release fails (column missing)",
            ),
        ],
        "d47b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd47b' does not restore the schema (migrations/versions/d47b.py:18); "
                "its downgrade does nothing: ~ table t47: persistence none -> unlogged",
            )
        ],
        "d48b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd48b' does not restore the schema (migrations/versions/d48b.py:19): + "
                "rule r48 of table t48 (definition CREATE RULE r48 AS\\n ON DELETE TO public.t48 DO "
                "INSTEAD NOTHING;)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd48b' fails (migrations/versions/d48b.py:15): DuplicateObject: "
                'rule "r48" for relation "t48" already exists',
            ),
        ],
        "d49b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd49b' does not restore the schema (migrations/versions/d49b.py:19): + "
                "statistics object x49 (columns id, name, kinds {d,f,m}, table public.t49)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd49b' fails (migrations/versions/d49b.py:15): DuplicateObject: "
                'statistics object "x49" already exists',
            ),
        ],
        "d60b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd60b' fails (migrations/versions/d60b.py:19): NumericValueOutOfRange: "
                "numeric field overflow DETAIL: A field with precision 10, scale 4 must round to an "
                "absolute value less than 10^6.",
            )
        ],
        "d61b": [
            (
                "keeps_data",
                "ERROR",
                "'d61b' changes rows, and nothing takes that back (migrations/versions/d61b.py:18): "
                "t61.email: 1 of 8 values changed (capitals changed)",
            )
        ],
        "d62b": [
            ("keeps_data", "ERROR", "'d62b' is not undone (migrations/versions/d62b.py:20): t62: 9 of 9 rows lost")
        ],
        "d63b": [
            (
                "keeps_data",
                "ERROR",
                "'d63b' is not undone (migrations/versions/d63b.py:18): t63.due: 7 of 8 values changed (another value)",
            )
        ],
        "d64b": [
            (
                "reverses",
                "INFO",
                "downgrade of 'd64b' leaves the columns in another order "
                "(migrations/versions/d64b.py:20): ~ table t64: column order id, name, last -> id, "
                "last, name",
            ),
            (
                "keeps_data",
                "ERROR",
                "'d64b' is not undone (migrations/versions/d64b.py:20): t64.name: 8 of 8 values "
                "changed (another value, blanks changed: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd64b' (migrations/versions/d64b.py:14), t64.name: SELECT, INSERT, UPDATE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (column "
                "missing)",
            ),
        ],
        "d65b": [
            (
                "keeps_data",
                "ERROR",
                "'d65b' is not undone (migrations/versions/d65b.py:18): t65.name: 1 of 8 values lost "
                "(NULL after the downgrade)",
            )
        ],
        "d66b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd66b' runs on empty tables and fails over generated rows of ordinary "
                "values (migrations/versions/d66b.py:15): InvalidTextRepresentation: invalid input "
                'syntax for type integer: "code-7001"',
            ),
            (
                "compatible",
                "WARNING",
                "after 'd66b' (migrations/versions/d66b.py:14), t66.code: INSERT, UPDATE, INSERT "
                "without defaults of the running release fail (type changed)",
            ),
        ],
        "d67b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd67b' runs on empty tables and fails over unusual rows (NULL, "
                "duplicates, boundary values) (migrations/versions/d67b.py:15): CheckViolation: "
                'check constraint "long" of relation "t67" is violated by some row',
            )
        ],
        "d68b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd68b' runs on empty tables and fails over unusual rows (NULL, "
                "duplicates, boundary values) (migrations/versions/d68b.py:15): ForeignKeyViolation: "
                'insert or update on table "t68" violates foreign key constraint "k68" DETAIL: Key '
                '(p)=(2147483647) is not present in table "p68".',
            ),
            (
                "compatible",
                "WARNING",
                "after 'd68b' (migrations/versions/d68b.py:14), t68.p: INSERT, INSERT without "
                "defaults of the running release fail (rule added)",
            ),
        ],
        "c16b": [
            (
                "compatible",
                "WARNING",
                "after 'c16b' (migrations/versions/c16b.py:14), k16.balance: SELECT, INSERT, UPDATE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (column "
                "missing)",
            )
        ],
        "c23b": [
            (
                "compatible",
                "WARNING",
                "after 'c23b' (migrations/versions/c23b.py:14), k23.p: INSERT, INSERT without "
                "defaults of the running release fail (rule added)",
            )
        ],
    },
    "sqlite": {
        "d25b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd25b' does not restore the schema (migrations/versions/d25b.py:19): ~ "
                "index i25 of table t25: where none -> id < 0",
            )
        ],
        "d26b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd26b' does not restore the schema (migrations/versions/d26b.py:18): ~ "
                "index i26 of table t26: where name IS NOT NULL -> none",
            )
        ],
        "d27b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd27b' does not restore the schema (migrations/versions/d27b.py:18): + "
                "index i27 of table t27 (on (name))",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd27b' fails (migrations/versions/d27b.py:15): OperationalError: index "
                "i27 already exists",
            ),
        ],
        "d28b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd28b' does not restore the schema (migrations/versions/d28b.py:18): - "
                "index i28 of table t28 (on (name))",
            ),
            (
                "keeps_data",
                "ERROR",
                "'d28b' is not undone (migrations/versions/d28b.py:18): t28: 9 of 9 rows lost (the table "
                "was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd28b' (migrations/versions/d28b.py:14), t28: SELECT, INSERT, UPDATE, DELETE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (table "
                "missing)",
            ),
        ],
        "d29b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd29b' does not restore the schema (migrations/versions/d29b.py:19): - "
                "unique u29 of table t29 (columns (name)); + unique v29 of table t29 (columns (name))",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd29b' fails (migrations/versions/d29b.py:15): ValueError: No such constraint: 'u29'",
            ),
            (
                "locks",
                "INFO",
                "'d29b' (migrations/versions/d29b.py:15) makes t29 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            ),
        ],
        "d30b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd30b' does not restore the schema (migrations/versions/d30b.py:18): - "
                "column name of table t30 (type TEXT); + column names of table t30 (type TEXT)",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd30b' fails (migrations/versions/d30b.py:15): OperationalError: no "
                'such column: "name"',
            ),
            (
                "keeps_data",
                "ERROR",
                "'d30b' is not undone (migrations/versions/d30b.py:18): t30.name: 8 of 9 values lost "
                "(the column is gone)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd30b' (migrations/versions/d30b.py:14), t30.name: SELECT, INSERT, UPDATE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (column missing)",
            ),
        ],
        "d50b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd50b' does not restore the schema (migrations/versions/d50b.py:19): - "
                "trigger watch of table t50 (definition AFTER DELETE ON t50 BEGIN SELECT 1; END)",
            ),
            (
                "locks",
                "INFO",
                "'d50b' (migrations/versions/d50b.py:15) makes t50 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            ),
        ],
        "d51b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd51b' does not restore the schema (migrations/versions/d51b.py:19): ~ "
                "column name of table t51: collation NOCASE -> none; ~ primary key of table t51: no "
                "longer autoincrement",
            ),
            (
                "locks",
                "INFO",
                "'d51b' (migrations/versions/d51b.py:15) makes t51 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            ),
        ],
        "d52b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd52b' does not restore the schema (migrations/versions/d52b.py:19): - "
                "check (amount > 0) of table t52 (expression amount > 0)",
            ),
            (
                "locks",
                "INFO",
                "'d52b' (migrations/versions/d52b.py:15) makes t52 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            ),
        ],
        "d53b": [
            (
                "reverses",
                "ERROR",
                "downgrade of 'd53b' does not restore the schema (migrations/versions/d53b.py:18): ~ "
                "view v53: definition SELECT id FROM t53 -> SELECT id, name FROM t53",
            ),
            (
                "reapplies",
                "ERROR",
                "upgrade again of 'd53b' gives another schema than the first "
                "(migrations/versions/d53b.py:14): ~ view v53: definition SELECT id FROM t53 -> SELECT "
                "id, name FROM t53",
            ),
        ],
        "d61b": [
            (
                "keeps_data",
                "ERROR",
                "'d61b' changes rows, and nothing takes that back (migrations/versions/d61b.py:18): "
                "t61.email: 1 of 8 values changed (capitals changed)",
            )
        ],
        "d62b": [
            ("keeps_data", "ERROR", "'d62b' is not undone (migrations/versions/d62b.py:20): t62: 9 of 9 rows lost")
        ],
        "d64b": [
            (
                "reverses",
                "INFO",
                "downgrade of 'd64b' leaves the columns in another order "
                "(migrations/versions/d64b.py:20): ~ table t64: column order id, name, last -> id, last, "
                "name",
            ),
            (
                "keeps_data",
                "ERROR",
                "'d64b' is not undone (migrations/versions/d64b.py:20): t64.name: 8 of 8 values changed "
                "(another value, blanks changed: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd64b' (migrations/versions/d64b.py:14), t64.name: SELECT, INSERT, UPDATE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (column missing)",
            ),
        ],
        "d65b": [
            (
                "keeps_data",
                "ERROR",
                "'d65b' is not undone (migrations/versions/d65b.py:18): t65.name: 1 of 8 values lost "
                "(NULL after the downgrade)",
            )
        ],
        "c16b": [
            (
                "compatible",
                "WARNING",
                "after 'c16b' (migrations/versions/c16b.py:14), k16.balance: SELECT, INSERT, UPDATE, "
                "INSERT without defaults, INSERT of a duplicate of the running release fail (column "
                "missing)",
            )
        ],
        "c17b": [
            (
                "locks",
                "INFO",
                "'c17b' (migrations/versions/c17b.py:16) makes k17 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            )
        ],
        "c24b": [
            (
                "locks",
                "INFO",
                "'c24b' (migrations/versions/c24b.py:15) makes k24 anew, every row of it; meanwhile "
                "nobody else writes to the file",
            )
        ],
    },
}
