-- At least one object of every kind that a SQLite catalog holds.
CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE, region TEXT, UNIQUE (id, code));
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE item (
  id INTEGER NOT NULL,
  parent_id INTEGER,
  name VARCHAR(20) NOT NULL,
  amount DECIMAL(10,2) DEFAULT 0,
  doubled DECIMAL GENERATED ALWAYS AS (amount * 2) STORED,
  tag TEXT,
  flag BOOLEAN DEFAULT 1,
  CONSTRAINT item_pkey PRIMARY KEY (id),
  CONSTRAINT item_name_key UNIQUE (name),
  CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id),
  CONSTRAINT item_amount_check CHECK (amount >= 0)
);
CREATE INDEX item_tag_idx ON item (tag);
CREATE INDEX item_lower_idx ON item (lower(tag)) WHERE flag;
CREATE TRIGGER item_touch AFTER UPDATE ON item BEGIN UPDATE parent SET code = 'x' WHERE id = new.parent_id; END;
CREATE VIEW item_view AS SELECT id, name FROM item WHERE flag;
CREATE TRIGGER view_touch INSTEAD OF DELETE ON item_view BEGIN SELECT 1; END;
CREATE TABLE alone (id INTEGER, shared TEXT);
CREATE TABLE pairs (a INTEGER, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE strictly (a INTEGER, b TEXT) STRICT;
CREATE VIRTUAL TABLE documents USING fts5(title, body);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
