"""The safe way to do what a statement does, by what it says and by what it was seen to do."""

from __future__ import annotations

import re

from pytest_dbops.core.observed.statement import ObservedStatement

_AUTOCOMMIT = "in `with op.get_context().autocommit_block():`"
_RULES: tuple[tuple[str, str], ...] = (
    (r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)",
     f"CREATE INDEX CONCURRENTLY {_AUTOCOMMIT} (op.create_index(..., postgresql_concurrently=True))"),
    (r"DROP\s+INDEX\s+(?!CONCURRENTLY)",
     f"DROP INDEX CONCURRENTLY {_AUTOCOMMIT} (op.drop_index(..., postgresql_concurrently=True))"),
    (r"REINDEX\b(?!.*\bCONCURRENTLY\b)", f"REINDEX ... CONCURRENTLY {_AUTOCOMMIT}"),
    (r"REFRESH\s+MATERIALIZED\s+VIEW\s+(?!CONCURRENTLY)",
     "a unique index on the view, then REFRESH MATERIALIZED VIEW CONCURRENTLY"),
    (r"(VACUUM\b.*\bFULL\b|CLUSTER\b)", "pg_repack, which locks only for moments, or a maintenance window"),
    (r"ALTER\s+TABLE.*\bATTACH\s+PARTITION\b",
     "a validated CHECK of the partition's bounds first; ATTACH PARTITION then reads nothing"),
    (r"ALTER\s+TABLE.*\bDETACH\s+PARTITION\b(?!.*\bCONCURRENTLY\b)",
     f"DETACH PARTITION ... CONCURRENTLY {_AUTOCOMMIT}"),
    (r"ALTER\s+TABLE.*\bSET\s+(UNLOGGED|LOGGED|TABLESPACE|ACCESS\s+METHOD)\b",
     "a maintenance window, or a new table that is filled in batches and swapped in by name"),
    (r"ALTER\s+TABLE.*\bSET\s+NOT\s+NULL\b",
     "ADD CHECK (column IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT in the next revision, then SET NOT NULL, which"
     " reads nothing behind a validated CHECK; then drop the CHECK"),
    (r"ALTER\s+TABLE.*\bADD\b.*\bFOREIGN\s+KEY\b|ALTER\s+TABLE.*\bREFERENCES\b",
     "ADD FOREIGN KEY ... NOT VALID, and VALIDATE CONSTRAINT in the next revision (postgresql_not_valid=True)"),
    (r"ALTER\s+TABLE.*\bPRIMARY\s+KEY\s+USING\s+INDEX\b",
     "SET NOT NULL on its columns first, each behind a validated CHECK; the key then reads nothing"),
    (r"ALTER\s+TABLE.*\bADD\b.*\b(UNIQUE|PRIMARY\s+KEY)\b",
     f"CREATE UNIQUE INDEX CONCURRENTLY {_AUTOCOMMIT}, then ADD CONSTRAINT ... USING INDEX"),
    (r"ALTER\s+TABLE.*\bADD\b.*\bEXCLUDE\b", "a maintenance window: an EXCLUDE cannot be built concurrently"),
    (r"ALTER\s+TABLE.*\bADD\b.*\bGENERATED\b.*\bSTORED\b",
     "a plain column that the application or a trigger fills, backfilled in batches (from PostgreSQL 18 on, VIRTUAL)"),
    (r"ALTER\s+TABLE.*\bADD\b.*\bCHECK\b",
     "ADD CHECK ... NOT VALID, and VALIDATE CONSTRAINT in the next revision (postgresql_not_valid=True)"),
    (r"ALTER\s+TABLE.*\bALTER\b.*\bTYPE\b",
     "a new column of the new type, kept up to date by a trigger, backfilled in batches, then swapped by name"),
    (r"ALTER\s+TABLE.*\bADD\b.*\b(SERIAL|BIGSERIAL|SMALLSERIAL|IDENTITY)\b",
     "a nullable column, a sequence as its default in a second statement, then a backfill in batches"),
    (r"ALTER\s+TABLE.*\bADD\b.*\bDEFAULT\b",
     "ADD COLUMN without the default, ALTER COLUMN SET DEFAULT, then a backfill in batches"),
    (r"ALTER\s+TABLE.*\bVALIDATE\s+CONSTRAINT\b", "VALIDATE CONSTRAINT in a revision of its own; it blocks only DDL"),
    (r"(WITH\b.*)?\b(UPDATE|DELETE|MERGE)\b",
     f"batches by ranges of the key, each committed by itself {_AUTOCOMMIT}"),
    (r"TRUNCATE\b|DROP\s+TABLE\b", "a revision of its own with a short lock_timeout, retried until it gets through"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), way) for pattern, way in _RULES)
_OTHERWISE = "a revision of its own, so that nothing long runs while the lock is held"


def safer_way(statement: ObservedStatement) -> str:
    """Return what to do instead, one line; the first rule that fits the statement's words decides."""
    works = statement.rewrites or statement.scans or statement.changed or not statement.is_observed
    for pattern, way in _COMPILED:
        if pattern.match(statement.sql):
            return way if works else _OTHERWISE
    return _OTHERWISE
