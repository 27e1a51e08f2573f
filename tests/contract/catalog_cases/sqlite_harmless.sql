-- Changes that mean nothing. In brackets: the facet under which the difference may still name them.
-- "rewrite TABLE: A => B" stands for making a table again from its own text with A replaced by B.

-- column order [column order]
rewrite alone: id INTEGER, shared TEXT => shared TEXT, id INTEGER

-- order in which tables were made
DROP TABLE alone;
CREATE TABLE alone (id INTEGER, shared TEXT);

-- order in which indexes were made
DROP INDEX item_tag_idx;
CREATE INDEX item_tag_idx ON item (tag);

-- spaces, comments and capitals
rewrite item: amount >= 0 => /* not negative */ AMOUNT>=0

-- capitals and spaces of a type
rewrite item: VARCHAR(20) => varchar( 20 )

-- quotes of names
rewrite item: CHECK (amount >= 0) => CHECK ("amount" >= 0)

-- quotes of another kind
rewrite item: tag TEXT => [tag] TEXT

-- parentheses around a check
rewrite item: (amount >= 0) => ((amount >= 0))

-- spelling of an operator
rewrite item: amount >= 0 => amount >= 0

-- number in quotes as the default of a number
rewrite item: DEFAULT 0 => DEFAULT '0'

-- parentheses around a default
rewrite item: DEFAULT 0 => DEFAULT (0)

-- false as the default of a number
rewrite item: DEFAULT 0 => DEFAULT FALSE

-- true as the default of a boolean
rewrite item: DEFAULT 1 => DEFAULT TRUE

-- default of null
rewrite alone: shared TEXT => shared TEXT DEFAULT NULL

-- place of a key constraint
rewrite parent: code TEXT UNIQUE, region TEXT => code TEXT, region TEXT, UNIQUE (code)

-- NOT NULL of a column that is the rowid
rewrite counted: id INTEGER PRIMARY KEY => id INTEGER NOT NULL PRIMARY KEY

-- place of a primary key
rewrite counted: name TEXT => "name" TEXT

-- target of a foreign key not named
rewrite item: REFERENCES parent (id) => REFERENCES parent

-- collation by its own name
rewrite alone: shared TEXT => shared TEXT COLLATE BINARY

-- column renamed and back
ALTER TABLE item RENAME COLUMN tag TO label;
ALTER TABLE item RENAME COLUMN label TO tag;

-- table renamed and back
ALTER TABLE item RENAME TO thing;
ALTER TABLE thing RENAME TO item;

-- rows, counters and statistics
INSERT INTO counted (name) VALUES ('a');
ANALYZE;

-- own tables of the tool
CREATE TABLE dbops_journal (id INTEGER PRIMARY KEY, note TEXT UNIQUE);
CREATE INDEX dbops_journal_idx ON dbops_journal (note);
CREATE TRIGGER note_it AFTER INSERT ON dbops_journal BEGIN SELECT 1; END;
CREATE VIEW dbops_view AS SELECT 1;

-- temporary objects
CREATE TEMPORARY TABLE passing (id INTEGER);
CREATE TEMPORARY VIEW passing_view AS SELECT 1;

-- spaces in a view
DROP VIEW item_view;
CREATE VIEW item_view AS select "id",   name from item -- all
  where flag;
CREATE TRIGGER view_touch INSTEAD OF DELETE ON item_view BEGIN SELECT 1; END;

-- spaces in a trigger
DROP TRIGGER item_touch;
CREATE TRIGGER item_touch after update on item begin
  update parent set code = 'x' where id = new.parent_id;
end;

-- spaces in a virtual table
DROP TABLE documents;
CREATE VIRTUAL TABLE documents using fts5( title,body );
