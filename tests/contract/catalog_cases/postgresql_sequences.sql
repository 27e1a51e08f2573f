-- Sequences, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- sequence added
CREATE SEQUENCE other;

-- sequence dropped
DROP SEQUENCE counter;

-- sequence renamed
ALTER SEQUENCE counter RENAME TO other;

-- sequence type
ALTER SEQUENCE counter AS integer;

-- sequence start
ALTER SEQUENCE counter START 5;

-- sequence increment
ALTER SEQUENCE counter INCREMENT 2;

-- sequence minimum
ALTER SEQUENCE counter MINVALUE -5;

-- sequence maximum
ALTER SEQUENCE counter MAXVALUE 500;

-- sequence cache
ALTER SEQUENCE counter CACHE 20;

-- sequence cycle
ALTER SEQUENCE counter CYCLE;

-- sequence owned by
ALTER SEQUENCE counter OWNED BY parent.id;

-- sequence of a serial column set free
ALTER SEQUENCE app.elsewhere_id_seq OWNED BY NONE;

-- sequence of an identity column
ALTER TABLE item ALTER number SET INCREMENT 3;

-- sequence unlogged [since 15]
ALTER SEQUENCE counter SET UNLOGGED;

-- sequence owner [owner]
ALTER SEQUENCE counter OWNER TO catalog_owner;

-- sequence comment [comment]
COMMENT ON SEQUENCE counter IS 'why';

-- sequence grant [privilege]
GRANT USAGE ON SEQUENCE counter TO catalog_reader;
