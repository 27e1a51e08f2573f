-- Functions, procedures and aggregates, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- function added
CREATE FUNCTION other() RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- function overloaded
CREATE FUNCTION twice(n bigint) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- function dropped
DROP FUNCTION twice(integer);

-- function renamed
ALTER FUNCTION twice(integer) RENAME TO other;

-- function moved to another schema
ALTER FUNCTION twice(integer) SET SCHEMA app;

-- function source
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql  AS $$ SELECT n + n $$;

-- function standard body
CREATE OR REPLACE FUNCTION standard(n integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT n + 2; END;

-- function volatility
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$;

-- function strict
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql STRICT AS $$ SELECT n * 2 $$;

-- function security definer
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ SELECT n * 2 $$;

-- function leakproof
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql LEAKPROOF AS $$ SELECT n * 2 $$;

-- function parallel
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql PARALLEL SAFE AS $$ SELECT n * 2 $$;

-- function cost
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql COST 7 AS $$ SELECT n * 2 $$;

-- function rows
ALTER FUNCTION many(integer) ROWS 7;

-- function setting [setting]
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql SET search_path = pg_catalog AS $$ SELECT n * 2 $$;

-- function support
ALTER FUNCTION many(integer) SUPPORT generate_series_int4_support;

-- function transform
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql TRANSFORM FOR TYPE integer AS $$ SELECT n * 2 $$;

-- function argument default
CREATE OR REPLACE FUNCTION twice(n integer DEFAULT 1) RETURNS integer LANGUAGE sql AS $$ SELECT n * 2 $$;

-- function argument name
DROP FUNCTION twice(integer);CREATE OR REPLACE FUNCTION twice(m integer) RETURNS integer LANGUAGE sql  AS $$ SELECT m * 2 $$;

-- function argument mode
DROP FUNCTION twice(integer);CREATE OR REPLACE FUNCTION twice(INOUT n integer) RETURNS integer LANGUAGE sql  AS $$ SELECT n * 2 $$;

-- function argument variadic
CREATE FUNCTION v(n integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION v(integer[]);
CREATE FUNCTION v(VARIADIC n integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';

-- function result
DROP FUNCTION twice(integer);CREATE OR REPLACE FUNCTION twice(n integer) RETURNS bigint LANGUAGE sql  AS $$ SELECT n::bigint $$;

-- function set of results
DROP FUNCTION twice(integer);CREATE OR REPLACE FUNCTION twice(n integer) RETURNS SETOF integer LANGUAGE sql  AS $$ SELECT n * 2 $$;

-- function language
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE speech AS $$ SELECT n * 2 $$;

-- function of a library
CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE internal AS 'int4abs';

-- function owner [owner]
ALTER FUNCTION twice(integer) OWNER TO catalog_owner;

-- function comment [comment]
COMMENT ON FUNCTION twice(integer) IS 'why';

-- function grant [privilege]
GRANT EXECUTE ON FUNCTION twice(integer) TO catalog_reader;

-- function taken from everybody [privilege]
REVOKE EXECUTE ON FUNCTION twice(integer) FROM PUBLIC;

-- procedure source
CREATE OR REPLACE PROCEDURE work(n integer) LANGUAGE sql AS $$ SELECT n + 1 $$;

-- procedure turned function
DROP PROCEDURE work(integer);CREATE FUNCTION work(n integer) RETURNS void LANGUAGE sql AS $$ SELECT n $$;

-- aggregate dropped
DROP AGGREGATE total(integer);

-- aggregate initial value
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '1');

-- aggregate transition function
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '0');

-- aggregate state type
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int84pl, STYPE = bigint, INITCOND = '0');

-- aggregate state size
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', SSPACE = 99);

-- aggregate final function
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', FINALFUNC = int4abs);

-- aggregate final modifies
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', FINALFUNC = int4abs, FINALFUNC_MODIFY = READ_WRITE);

-- aggregate combine function
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', COMBINEFUNC = int4pl);

-- aggregate moving
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MINITCOND = '0');

-- aggregate sort operator
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', SORTOP = >);

-- aggregate parallel
DROP AGGREGATE total(integer);
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', PARALLEL = SAFE);

-- aggregate comment [comment]
COMMENT ON AGGREGATE total(integer) IS 'why';
