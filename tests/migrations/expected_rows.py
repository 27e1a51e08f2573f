"""What filled tables show of the histories of `defects.py`, word by word; a revision that is not here shows nothing.

Also of clean ones: rows differ in capitals, are deleted by a downgrade, or stand in the way of a rule that is new.
"""

from __future__ import annotations

EXPECTED_ROWS: dict[str, dict[str, list[tuple[str, str, str]]]] = {
    "postgresql": {
        "c05b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'c05b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                'boundary values) (migrations/versions/c05b.py:16): CheckViolation: check constraint "named" '
                'of relation "k05" is violated by some row',
            ),
        ],
        "c06b": [
            (
                "keeps_data",
                "ERROR",
                "'c06b' is not undone (migrations/versions/c06b.py:18): k06.name: 1 of 9 values changed "
                "(capitals changed)",
            ),
        ],
        "c07b": [
            (
                "keeps_data",
                "ERROR",
                "'c07b' is not undone (migrations/versions/c07b.py:20): k07: 5 of 5 rows lost; p07: 3 of 3 rows lost",
            ),
        ],
        "c09b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'c09b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                'boundary values) (migrations/versions/c09b.py:15): NotNullViolation: column "name" of '
                'relation "k09" contains null values',
            ),
            (
                "compatible",
                "WARNING",
                "after 'c09b' (migrations/versions/c09b.py:14), k09.name: INSERT of a duplicate of the "
                "running release fails (rule added)",
            ),
        ],
        "c10b": [
            (
                "compatible",
                "WARNING",
                "after 'c10b' (migrations/versions/c10b.py:14), k10: SELECT, INSERT, DELETE, INSERT without "
                "defaults of the running release fail (table missing)",
            ),
        ],
        "c11b": [
            (
                "keeps_data",
                "ERROR",
                "'c11b' is not undone (migrations/versions/c11b.py:18): k11: 10 of 10 rows lost (the table "
                "was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'c11b' (migrations/versions/c11b.py:14), k11: SELECT, INSERT, UPDATE, DELETE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (table missing)",
            ),
        ],
        "d02b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd02b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                'boundary values) (migrations/versions/d02b.py:15): NotNullViolation: column "name" of '
                'relation "t02" contains null values',
            ),
        ],
        "d12b": [
            (
                "keeps_data",
                "ERROR",
                "'d12b' is not undone (migrations/versions/d12b.py:18): t12.name: 8 of 8 values lost (NULL "
                "after the downgrade: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd12b' (migrations/versions/d12b.py:14), t12.name: SELECT, INSERT, UPDATE, INSERT of "
                "a duplicate of the running release fail (column missing)",
            ),
        ],
        "d13b": [
            (
                "keeps_data",
                "ERROR",
                "'d13b' changes rows, and nothing takes that back (migrations/versions/d13b.py:18): "
                "t13.cents: 8 of 8 values changed (another number, was NULL)",
            ),
        ],
        "d14b": [
            (
                "keeps_data",
                "ERROR",
                "'d14b' is not undone (migrations/versions/d14b.py:18): t14.code: 8 of 9 values changed "
                "(text cut from 10 to 3 characters)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd14b' (migrations/versions/d14b.py:14), t14.code: INSERT, UPDATE, INSERT without "
                "defaults, INSERT of a duplicate of the running release fail (type changed)",
            ),
        ],
        "d17b": [
            (
                "keeps_data",
                "ERROR",
                "upgrade of 'd17b' runs on empty tables and fails over any row "
                '(migrations/versions/d17b.py:15): NotNullViolation: column "name" of relation "t17" '
                "contains null values",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd17b' (migrations/versions/d17b.py:14), t17.name: INSERT, INSERT without defaults of "
                "the running release fail (value required)",
            ),
        ],
        "d18b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd18b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                "boundary values) (migrations/versions/d18b.py:15): UniqueViolation: could not create unique "
                'index "i18" DETAIL: Key (name)=(name-7001) is duplicated.',
            ),
            (
                "compatible",
                "WARNING",
                "after 'd18b' (migrations/versions/d18b.py:14), t18.name: INSERT of a duplicate of the "
                "running release fails (rule added)",
            ),
        ],
        "d24b": [
            (
                "keeps_data",
                "INFO",
                "'d24b' is declared irreversible, and takes with it: t24: 9 of 9 rows lost",
            ),
        ],
        "o01b": [
            (
                "keeps_data",
                "ERROR",
                "'o01b' is not undone (migrations/versions/o01b.py:18): q01.name: 8 of 8 values lost (NULL "
                "after the downgrade: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'o01b' (migrations/versions/o01b.py:14), q01.name: SELECT, INSERT, UPDATE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (column missing)",
            ),
        ],
    },
    "sqlite": {
        "c06b": [
            (
                "keeps_data",
                "ERROR",
                "'c06b' is not undone (migrations/versions/c06b.py:18): k06.name: 1 of 9 values changed "
                "(capitals changed)",
            ),
        ],
        "c09b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'c09b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                "boundary values) (migrations/versions/c09b.py:15): IntegrityError: NOT NULL constraint "
                "failed: _alembic_tmp_k09.name",
            ),
            (
                "locks",
                "INFO",
                "'c09b' (migrations/versions/c09b.py:15) makes k09 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
            (
                "compatible",
                "WARNING",
                "after 'c09b' (migrations/versions/c09b.py:14), k09.name: INSERT of a duplicate of the "
                "running release fails (rule added)",
            ),
        ],
        "c10b": [
            (
                "compatible",
                "WARNING",
                "after 'c10b' (migrations/versions/c10b.py:14), k10: SELECT, INSERT, DELETE, INSERT without "
                "defaults of the running release fail (table missing)",
            ),
        ],
        "c11b": [
            (
                "keeps_data",
                "ERROR",
                "'c11b' is not undone (migrations/versions/c11b.py:18): k11: 10 of 10 rows lost (the table "
                "was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'c11b' (migrations/versions/c11b.py:14), k11: SELECT, INSERT, UPDATE, DELETE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (table missing)",
            ),
        ],
        "d02b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd02b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                "boundary values) (migrations/versions/d02b.py:15): IntegrityError: NOT NULL constraint "
                "failed: _alembic_tmp_t02.name",
            ),
            (
                "locks",
                "INFO",
                "'d02b' (migrations/versions/d02b.py:15) makes t02 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
        ],
        "d03b": [
            (
                "locks",
                "INFO",
                "'d03b' (migrations/versions/d03b.py:15) makes t03 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
        ],
        "d04b": [
            (
                "locks",
                "INFO",
                "'d04b' (migrations/versions/d04b.py:15) makes t04 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
        ],
        "d11b": [
            (
                "locks",
                "INFO",
                "'d11b' (migrations/versions/d11b.py:15) makes t11 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
        ],
        "d12b": [
            (
                "keeps_data",
                "ERROR",
                "'d12b' is not undone (migrations/versions/d12b.py:18): t12.name: 8 of 8 values lost (NULL "
                "after the downgrade: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd12b' (migrations/versions/d12b.py:14), t12.name: SELECT, INSERT, UPDATE, INSERT of "
                "a duplicate of the running release fail (column missing)",
            ),
        ],
        "d13b": [
            (
                "keeps_data",
                "ERROR",
                "'d13b' changes rows, and nothing takes that back (migrations/versions/d13b.py:18): "
                "t13.cents: 8 of 8 values changed (another number, was NULL)",
            ),
        ],
        "d17b": [
            (
                "keeps_data",
                "ERROR",
                "upgrade of 'd17b' runs on empty tables and fails over any row "
                "(migrations/versions/d17b.py:15): IntegrityError: NOT NULL constraint failed: "
                "_alembic_tmp_t17.name",
            ),
            (
                "locks",
                "INFO",
                "'d17b' (migrations/versions/d17b.py:15) makes t17 anew, every row of it; meanwhile nobody "
                "else writes to the file",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd17b' (migrations/versions/d17b.py:14), t17.name: INSERT, INSERT without defaults of "
                "the running release fail (value required)",
            ),
        ],
        "d18b": [
            (
                "keeps_data",
                "WARNING",
                "upgrade of 'd18b' runs on empty tables and fails over unusual rows (NULL, duplicates, "
                "boundary values) (migrations/versions/d18b.py:15): IntegrityError: UNIQUE constraint "
                "failed: t18.name",
            ),
            (
                "compatible",
                "WARNING",
                "after 'd18b' (migrations/versions/d18b.py:14), t18.name: INSERT of a duplicate of the "
                "running release fails (rule added)",
            ),
        ],
        "d24b": [
            (
                "keeps_data",
                "INFO",
                "'d24b' is declared irreversible, and takes with it: t24: 9 of 9 rows lost",
            ),
        ],
        "o01b": [
            (
                "keeps_data",
                "ERROR",
                "'o01b' is not undone (migrations/versions/o01b.py:18): q01.name: 8 of 8 values lost (NULL "
                "after the downgrade: the column was dropped and made again)",
            ),
            (
                "compatible",
                "WARNING",
                "after 'o01b' (migrations/versions/o01b.py:14), q01.name: SELECT, INSERT, UPDATE, INSERT "
                "without defaults, INSERT of a duplicate of the running release fail (column missing)",
            ),
        ],
    },
}
