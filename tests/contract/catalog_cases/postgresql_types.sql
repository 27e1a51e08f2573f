-- User-made types, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- enum added
CREATE TYPE other AS ENUM ('x');

-- enum dropped
DROP TYPE shell;

-- enum label added
ALTER TYPE mood ADD VALUE 'wild';

-- enum label added in the middle
ALTER TYPE mood ADD VALUE 'calm' BEFORE 'glad';

-- enum label renamed
ALTER TYPE mood RENAME VALUE 'sad' TO 'low';

-- enum renamed
ALTER TYPE mood RENAME TO feeling;

-- enum owner [owner]
ALTER TYPE mood OWNER TO catalog_owner;

-- enum comment [comment]
COMMENT ON TYPE mood IS 'why';

-- enum grant [privilege]
GRANT USAGE ON TYPE mood TO catalog_reader;

-- enum taken from everybody [privilege]
REVOKE USAGE ON TYPE mood FROM PUBLIC;

-- domain default
ALTER DOMAIN positive SET DEFAULT 2;

-- domain default dropped
ALTER DOMAIN positive DROP DEFAULT;

-- domain not null
ALTER DOMAIN positive SET NOT NULL;

-- domain not null named [since 17]
ALTER DOMAIN positive ADD CONSTRAINT must NOT NULL;

-- domain check added
ALTER DOMAIN positive ADD CHECK (VALUE < 9);

-- domain check dropped
ALTER DOMAIN positive DROP CONSTRAINT positive_check;

-- domain check renamed
ALTER DOMAIN positive RENAME CONSTRAINT positive_check TO other;

-- domain check not valid [state]
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
ALTER DOMAIN positive ADD CONSTRAINT positive_check CHECK (VALUE > 0) NOT VALID;

-- domain check comment [comment]
COMMENT ON CONSTRAINT positive_check ON DOMAIN positive IS 'why';

-- domain base
DROP DOMAIN word;
CREATE DOMAIN word AS text COLLATE "C";

-- domain length
DROP DOMAIN word;
CREATE DOMAIN word AS varchar(30) COLLATE "C";

-- domain collation
DROP DOMAIN word;
CREATE DOMAIN word AS varchar(20);

-- domain comment [comment]
COMMENT ON DOMAIN word IS 'why';

-- composite attribute added
ALTER TYPE pair ADD ATTRIBUTE c integer;

-- composite attribute type
ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint;

-- composite attribute renamed
ALTER TYPE pair RENAME ATTRIBUTE a TO z;

-- composite attribute collation
ALTER TYPE pair ALTER ATTRIBUTE b TYPE text COLLATE "C";

-- composite attribute order
DROP TYPE pair;
CREATE TYPE pair AS (b text, a integer);

-- composite attribute comment [comment]
COMMENT ON COLUMN pair.a IS 'why';

-- composite comment [comment]
COMMENT ON TYPE pair IS 'why';

-- range subtype
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = bigint);

-- range difference
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = integer, subtype_diff = int4range_subdiff);

-- range operator class
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = integer, subtype_opclass = int_ops);

-- range collation
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = text);

-- range multirange
DROP TYPE span;
CREATE TYPE span AS RANGE (subtype = integer, multirange_type_name = spans);

-- base type storage
ALTER TYPE basic SET (ANALYZE = range_typanalyze);

-- base type comment [comment]
COMMENT ON TYPE basic IS 'why';
