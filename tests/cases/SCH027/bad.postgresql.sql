-- hints: cannot be run, because the older version was written into the catalog
-- role: superuser
-- settings: {"required": ["no_such_extension", "plpgsql"]}

CREATE TABLE invoice (id bigint PRIMARY KEY)

UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql'
