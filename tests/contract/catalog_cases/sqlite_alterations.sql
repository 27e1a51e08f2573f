-- SQLite objects, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.
-- "rewrite TABLE: A => B" stands for making a table again from its own text with A replaced by B.

-- table added
CREATE TABLE other (id INTEGER);

-- table dropped
DROP TABLE alone;

-- table renamed
ALTER TABLE alone RENAME TO lonely;

-- table made strict
rewrite alone: TEXT) => TEXT) STRICT

-- table without rowid
rewrite alone: id INTEGER, shared TEXT) => id INTEGER PRIMARY KEY, shared TEXT) WITHOUT ROWID

-- table with rowid
rewrite pairs: WITHOUT ROWID =>

-- column added
ALTER TABLE alone ADD COLUMN extra INTEGER;

-- column dropped
ALTER TABLE alone DROP COLUMN shared;

-- column renamed
ALTER TABLE alone RENAME COLUMN shared TO own;

-- column type
rewrite alone: shared TEXT => shared BLOB

-- column length
rewrite item: VARCHAR(20) => VARCHAR(30)

-- column type of another meaning to what reads it
rewrite alone: shared TEXT => shared DATETIME

-- column not null
rewrite alone: shared TEXT => shared TEXT NOT NULL

-- column nullable
rewrite item: VARCHAR(20) NOT NULL => VARCHAR(20)

-- column not null, otherwise ignored
rewrite item: VARCHAR(20) NOT NULL => VARCHAR(20) NOT NULL ON CONFLICT IGNORE

-- column default set
rewrite alone: shared TEXT => shared TEXT DEFAULT 'x'

-- column default changed
rewrite item: DEFAULT 0 => DEFAULT 1

-- column default dropped
rewrite item: DEFAULT 0 =>

-- column default as an expression
rewrite item: DEFAULT 0 => DEFAULT (1 + 1)

-- column default of other capitals
rewrite alone: shared TEXT => shared TEXT DEFAULT 'X'

-- column collation
rewrite item: tag TEXT => tag TEXT COLLATE NOCASE

-- column generated virtually
rewrite item: STORED => VIRTUAL

-- column generation expression
rewrite item: amount * 2 => amount * 3

-- column generation dropped
rewrite item: GENERATED ALWAYS AS (amount * 2) STORED =>

-- autoincrement added
rewrite parent: PRIMARY KEY => PRIMARY KEY AUTOINCREMENT

-- autoincrement dropped
rewrite counted: AUTOINCREMENT =>

-- primary key that is no longer the rowid
rewrite parent: id INTEGER PRIMARY KEY => id INTEGER PRIMARY KEY DESC

-- primary key dropped
rewrite item: CONSTRAINT item_pkey PRIMARY KEY (id), =>

-- primary key columns
rewrite item: PRIMARY KEY (id) => PRIMARY KEY (id, name)

-- primary key order of columns
rewrite pairs: PRIMARY KEY (a, b) => PRIMARY KEY (b, a)

-- primary key name
rewrite item: item_pkey => other_pkey

-- primary key conflict
rewrite item: PRIMARY KEY (id) => PRIMARY KEY (id) ON CONFLICT REPLACE

-- unique constraint dropped
rewrite item: CONSTRAINT item_name_key UNIQUE (name), =>

-- unique constraint columns
rewrite item: UNIQUE (name) => UNIQUE (name, tag)

-- unique constraint name
rewrite item: item_name_key => other_key

-- unique constraint conflict
rewrite item: UNIQUE (name) => UNIQUE (name) ON CONFLICT IGNORE

-- unique constraint of a column
rewrite parent: code TEXT UNIQUE => code TEXT

-- foreign key dropped
rewrite item: CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id), =>

-- foreign key name
rewrite item: item_parent_fk => other_fk

-- foreign key on delete
rewrite item: REFERENCES parent (id) => REFERENCES parent (id) ON DELETE CASCADE

-- foreign key on update
rewrite item: REFERENCES parent (id) => REFERENCES parent (id) ON UPDATE SET NULL

-- foreign key deferrable
rewrite item: REFERENCES parent (id) => REFERENCES parent (id) DEFERRABLE

-- foreign key initially deferred
rewrite item: REFERENCES parent (id) => REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED

-- foreign key columns
rewrite item: FOREIGN KEY (parent_id) => FOREIGN KEY (tag)

-- foreign key target
rewrite item: REFERENCES parent (id) => REFERENCES counted (id)

-- foreign key target column
rewrite item: REFERENCES parent (id) => REFERENCES parent (code)

-- foreign key of a column
rewrite alone: shared TEXT => shared TEXT REFERENCES parent (code)

-- check added
rewrite item: CHECK (amount >= 0) => CHECK (amount >= 0), CHECK (amount < 9)

-- check dropped
rewrite item: , CONSTRAINT item_amount_check CHECK (amount >= 0) =>

-- check name
rewrite item: item_amount_check => other_check

-- check expression
rewrite item: amount >= 0 => amount > 0

-- check of other capitals in a text
rewrite item: amount >= 0 => tag IN ('A')

-- check of a column
rewrite alone: shared TEXT => shared TEXT CHECK (shared <> '')

-- index added
CREATE INDEX other_idx ON item (name, tag);

-- index dropped
DROP INDEX item_tag_idx;

-- index columns
DROP INDEX item_tag_idx;
CREATE INDEX item_tag_idx ON item (tag, name);

-- index descending
DROP INDEX item_tag_idx;
CREATE INDEX item_tag_idx ON item (tag DESC);

-- index collation
DROP INDEX item_tag_idx;
CREATE INDEX item_tag_idx ON item (tag COLLATE NOCASE);

-- index unique
DROP INDEX item_tag_idx;
CREATE UNIQUE INDEX item_tag_idx ON item (tag);

-- index predicate
DROP INDEX item_lower_idx;
CREATE INDEX item_lower_idx ON item (lower(tag)) WHERE NOT flag;

-- index expression
DROP INDEX item_lower_idx;
CREATE INDEX item_lower_idx ON item (upper(tag)) WHERE flag;

-- trigger dropped
DROP TRIGGER item_touch;

-- trigger time
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch BEFORE UPDATE ON item BEGIN UPDATE parent SET code = 'x' WHERE id = new.parent_id; END;

-- trigger event
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch AFTER INSERT ON item BEGIN UPDATE parent SET code = 'x' WHERE id = new.parent_id; END;

-- trigger columns
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch AFTER UPDATE OF tag ON item BEGIN UPDATE parent SET code = 'x' WHERE id = new.parent_id; END;

-- trigger condition
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch AFTER UPDATE ON item WHEN new.flag BEGIN UPDATE parent SET code = 'x' WHERE id = new.parent_id; END;

-- trigger body
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch AFTER UPDATE ON item BEGIN UPDATE parent SET code = 'X' WHERE id = new.parent_id; END;

-- view dropped
DROP VIEW item_view;

-- view definition
DROP VIEW item_view;
CREATE VIEW item_view AS SELECT id, name FROM item WHERE NOT flag;
CREATE TRIGGER view_touch INSTEAD OF DELETE ON item_view BEGIN SELECT 1; END;

-- view columns named
DROP VIEW item_view;
CREATE VIEW item_view (a, b) AS SELECT id, name FROM item WHERE flag;
CREATE TRIGGER view_touch INSTEAD OF DELETE ON item_view BEGIN SELECT 1; END;

-- view trigger dropped
DROP TRIGGER view_touch;

-- virtual table dropped
DROP TABLE documents;

-- virtual table arguments
DROP TABLE documents;
CREATE VIRTUAL TABLE documents USING fts5(title, body, tokenize = 'porter');

-- virtual table module
DROP TABLE documents;
CREATE VIRTUAL TABLE documents USING rtree(title, body, more);

-- version of the user [setting]
PRAGMA user_version = 7;

-- id of the application [setting]
PRAGMA application_id = 7;
