-- Objects that the server words with the names of others: renaming those shows here, though no row of these is another.

CREATE SCHEMA worded;
CREATE TYPE worded.state AS ENUM ('new', 'old');
CREATE DOMAIN worded.short AS varchar(9);
CREATE FUNCTION worded.next_rank() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION worded.is_fine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN TRUE; END $$;
CREATE FUNCTION worded.touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE SEQUENCE worded.numbers;
CREATE TABLE worded.unit (
  id serial PRIMARY KEY,
  code text NOT NULL UNIQUE,
  label text CHECK (worded.is_fine(label)),
  kept integer DEFAULT 1 CONSTRAINT unit_kept CHECK (kept > 0),
  state worded.state DEFAULT 'new',
  name worded.short
);
CREATE TABLE worded.mate (code text PRIMARY KEY, side integer);
CREATE TABLE worded.line (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id integer REFERENCES worded.unit (id) ON DELETE CASCADE DEFERRABLE,
  code text REFERENCES worded.unit (code),
  rank integer DEFAULT worded.next_rank(),
  number integer DEFAULT nextval('worded.numbers'),
  source text CHECK (source <> CAST(CAST('worded.mate' AS regclass) AS text)),
  doubled integer GENERATED ALWAYS AS (rank * 2) STORED
);
CREATE TABLE worded.alone (id integer, note text);
CREATE INDEX unit_label ON worded.unit (lower(label), kept) WHERE state = 'new';
CREATE VIEW worded.seen AS SELECT u.*, l.id AS line_id FROM worded.unit u JOIN worded.line l ON l.unit_id = u.id;
CREATE VIEW worded.seen_again AS SELECT code, line_id FROM worded.seen;
CREATE VIEW worded.joined AS SELECT * FROM worded.mate JOIN worded.unit USING (code);
CREATE MATERIALIZED VIEW worded.kept AS SELECT kept, count(*) AS units FROM worded.unit GROUP BY kept;
CREATE INDEX kept_units ON worded.kept (units);
CREATE POLICY line_policy ON worded.line USING (EXISTS (SELECT FROM worded.mate m WHERE m.code = line.code));
CREATE RULE line_rule AS ON DELETE TO worded.line WHERE old.rank < 0 DO INSTEAD UPDATE worded.mate SET side = 2;
CREATE TRIGGER line_touched BEFORE UPDATE OF rank ON worded.line FOR EACH ROW WHEN (new.rank > 1)
  EXECUTE FUNCTION worded.touched();
CREATE TABLE worded.counted (id integer);
CREATE FUNCTION worded.count_all() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(counted.id) FROM worded.counted; END;
CREATE TABLE worded.shape (width integer);
CREATE TABLE worded.shaped (one worded.shape, many worded.shape[]);
CREATE FUNCTION worded.area(worded.shape) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE TABLE worded.measured (width integer, note text);
CREATE STATISTICS worded.measures (dependencies) ON width, note FROM worded.measured;
CREATE TABLE worded.day (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE worded.day_1 PARTITION OF worded.day FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX day_kind ON worded.day (kind);
CREATE TABLE worded.elder (id integer, note text);
CREATE TABLE worded.younger (more integer) INHERITS (worded.elder);
COMMENT ON TABLE worded.mate IS 'x';
COMMENT ON COLUMN worded.mate.side IS 'y';
CREATE TABLE aside (id integer);
