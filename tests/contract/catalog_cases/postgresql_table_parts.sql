-- Triggers, policies and rules, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- trigger dropped
DROP TRIGGER item_touch ON item;

-- trigger renamed
ALTER TRIGGER item_touch ON item RENAME TO other;

-- trigger disabled [state]
ALTER TABLE item DISABLE TRIGGER item_touch;

-- trigger on replicas [state]
ALTER TABLE item ENABLE REPLICA TRIGGER item_touch;

-- trigger always [state]
ALTER TABLE item ENABLE ALWAYS TRIGGER item_touch;

-- trigger comment [comment]
COMMENT ON TRIGGER item_touch ON item IS 'why';

-- foreign key's triggers disabled [state; also structure]
ALTER TABLE item DISABLE TRIGGER ALL;

-- trigger time
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch();

-- trigger event
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch();

-- trigger level
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION touch();

-- trigger columns
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE UPDATE OF tag ON item FOR EACH ROW EXECUTE FUNCTION touch();

-- trigger condition
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE UPDATE ON item FOR EACH ROW WHEN (OLD.flag) EXECUTE FUNCTION touch();

-- trigger function
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp();

-- trigger arguments
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch('x');

-- trigger transition table
DROP TRIGGER item_touch ON item;
CREATE TRIGGER item_touch AFTER UPDATE ON item REFERENCING OLD TABLE AS o FOR EACH STATEMENT EXECUTE FUNCTION touch();

-- trigger constraint
DROP TRIGGER item_touch ON item;
CREATE CONSTRAINT TRIGGER item_touch AFTER UPDATE ON item DEFERRABLE FOR EACH ROW EXECUTE FUNCTION touch();

-- trigger of a partitioned table
CREATE TRIGGER t BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION touch();

-- policy dropped
DROP POLICY item_policy ON item;

-- policy renamed
ALTER POLICY item_policy ON item RENAME TO other;

-- policy roles
ALTER POLICY item_policy ON item TO catalog_reader;

-- policy using
ALTER POLICY item_policy ON item USING (true);

-- policy with check
DROP POLICY item_policy ON item;
CREATE POLICY item_policy ON item USING (flag) WITH CHECK (flag);

-- policy command
DROP POLICY item_policy ON item;
CREATE POLICY item_policy ON item FOR DELETE USING (flag);

-- policy restrictive
DROP POLICY item_policy ON item;
CREATE POLICY item_policy ON item AS RESTRICTIVE FOR SELECT USING (flag);

-- policy comment [comment]
COMMENT ON POLICY item_policy ON item IS 'why';

-- rule dropped
DROP RULE item_rule ON item;

-- rule definition
CREATE OR REPLACE RULE item_rule AS ON DELETE TO item WHERE old.id = 1 DO INSTEAD NOTHING;

-- rule renamed
ALTER RULE item_rule ON item RENAME TO other;

-- rule disabled [state]
ALTER TABLE item DISABLE RULE item_rule;

-- rule comment [comment]
COMMENT ON RULE item_rule ON item IS 'why';
