-- Indexes, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- index added
CREATE INDEX ON item (tag);

-- index dropped
DROP INDEX item_note_idx;

-- index renamed
ALTER INDEX item_note_idx RENAME TO other_idx;

-- index column
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (tag);

-- index columns
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note, tag);

-- index method
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item USING hash (note);

-- index descending
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note DESC);

-- index nulls first
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note NULLS FIRST);

-- index operator class
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note text_pattern_ops);

-- index operator class of the user
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (id int_ops);

-- index collation
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note COLLATE "C");

-- index include
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note) INCLUDE (tag);

-- index predicate
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (note) WHERE flag;

-- index expression
DROP INDEX item_note_idx;
CREATE INDEX item_note_idx ON item (upper(note));

-- index unique
DROP INDEX item_note_idx;
CREATE UNIQUE INDEX item_note_idx ON item (note);

-- index nulls not distinct [since 15]
DROP INDEX item_note_idx;
CREATE UNIQUE INDEX item_note_idx ON item (note) NULLS NOT DISTINCT;

-- index operator class parameter
CREATE INDEX i ON item USING gist (to_tsvector('simple', note) tsvector_ops (siglen = 100));

-- index storage parameter [storage]
ALTER INDEX item_note_idx SET (fillfactor = 50);

-- index tablespace [storage]
ALTER INDEX item_note_idx SET TABLESPACE catalog_space;

-- index statistics target [storage]
ALTER INDEX item_lower_idx ALTER COLUMN 1 SET STATISTICS 500;

-- index clustered on [storage]
ALTER TABLE item CLUSTER ON item_note_idx;

-- index comment [comment]
COMMENT ON INDEX item_note_idx IS 'why';

-- index invalid [state]
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_note_idx'::regclass;

-- index not ready [state]
UPDATE pg_index SET indisready = false WHERE indexrelid = 'item_note_idx'::regclass;

-- index not live [state]
UPDATE pg_index SET indislive = false WHERE indexrelid = 'item_note_idx'::regclass;

-- index of a partition by itself
ALTER TABLE event DETACH PARTITION event_2024;
DROP TABLE event;
ALTER TABLE event_2024 RENAME TO event;

-- index of a materialized view
DROP INDEX item_sums_idx;
