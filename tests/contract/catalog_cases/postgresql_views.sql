-- Views and materialized views, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- view added
CREATE VIEW other AS SELECT 1 AS one;

-- view dropped
DROP VIEW item_view;

-- view renamed
ALTER VIEW item_view RENAME TO other;

-- view definition
CREATE OR REPLACE VIEW item_view AS SELECT id, name FROM item WHERE NOT flag;

-- view column
CREATE OR REPLACE VIEW item_view AS SELECT id, name, note FROM item WHERE flag;

-- view column renamed
ALTER VIEW item_view RENAME COLUMN name TO title;

-- view column default
ALTER VIEW item_view ALTER name SET DEFAULT 'x';

-- view security barrier
ALTER VIEW item_view SET (security_barrier = true);

-- view security invoker [since 15]
ALTER VIEW item_view SET (security_invoker = true);

-- view check option
ALTER VIEW item_view SET (check_option = local);

-- view owner [owner]
ALTER VIEW item_view OWNER TO catalog_owner;

-- view comment [comment]
COMMENT ON VIEW item_view IS 'why';

-- view column comment [comment]
COMMENT ON COLUMN item_view.name IS 'why';

-- view grant [privilege]
GRANT SELECT ON item_view TO catalog_reader;

-- view column grant [privilege]
GRANT SELECT (name) ON item_view TO catalog_reader;

-- view trigger
CREATE TRIGGER t INSTEAD OF UPDATE ON item_view FOR EACH ROW EXECUTE FUNCTION touch();

-- view rule
CREATE RULE r AS ON DELETE TO item_view DO INSTEAD NOTHING;

-- materialized view definition
DROP MATERIALIZED VIEW item_sums;
CREATE MATERIALIZED VIEW item_sums AS SELECT parent_id, max(amount) AS amount FROM item GROUP BY parent_id;

-- materialized view not populated [state]
REFRESH MATERIALIZED VIEW item_sums WITH NO DATA;

-- materialized view parameter [storage]
ALTER MATERIALIZED VIEW item_sums SET (fillfactor = 50);

-- materialized view tablespace [storage]
ALTER MATERIALIZED VIEW item_sums SET TABLESPACE catalog_space;

-- materialized view statistics [storage]
ALTER MATERIALIZED VIEW item_sums ALTER amount SET STATISTICS 9;

-- materialized view comment [comment]
COMMENT ON MATERIALIZED VIEW item_sums IS 'why';
