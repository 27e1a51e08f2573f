-- Columns, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- column added
ALTER TABLE item ADD extra integer;

-- column dropped
ALTER TABLE item DROP tag;

-- column renamed
ALTER TABLE item RENAME tag TO label;

-- column type
ALTER TABLE item ALTER tag TYPE varchar(9);

-- column length
ALTER TABLE parent ADD short varchar(20);
ALTER TABLE parent ALTER short TYPE varchar(30);

-- column precision
ALTER TABLE item ALTER price TYPE numeric(12,2);

-- column made an array
ALTER TABLE item ALTER tag TYPE text[] USING ARRAY[tag];

-- column not null
ALTER TABLE item ALTER tag SET NOT NULL;

-- column nullable
ALTER TABLE item ALTER name DROP NOT NULL;

-- column default set
ALTER TABLE item ALTER tag SET DEFAULT 'x';

-- column default changed
ALTER TABLE item ALTER amount SET DEFAULT 1;

-- column default dropped
ALTER TABLE item ALTER amount DROP DEFAULT;

-- column identity kind
ALTER TABLE item ALTER number SET GENERATED ALWAYS;

-- column identity dropped
ALTER TABLE item ALTER number DROP IDENTITY;

-- column generation dropped
ALTER TABLE item ALTER doubled DROP EXPRESSION;

-- column generation expression [also column order]
ALTER TABLE item DROP doubled,ADD doubled numeric GENERATED ALWAYS AS (amount * 3) STORED;

-- column generated virtually [also column order; since 18]
ALTER TABLE item DROP doubled,ADD doubled numeric GENERATED ALWAYS AS (amount * 2) VIRTUAL;

-- column collation
ALTER TABLE item ALTER tag TYPE text COLLATE "C";

-- column storage [storage]
ALTER TABLE item ALTER tag SET STORAGE EXTERNAL;

-- column compression [storage]
ALTER TABLE item ALTER tag SET COMPRESSION pglz;

-- column statistics target [storage]
ALTER TABLE item ALTER tag SET STATISTICS 500;

-- column options [storage]
ALTER TABLE item ALTER tag SET (n_distinct = 5);

-- column comment [comment]
COMMENT ON COLUMN item.tag IS 'a mark';

-- column grant [privilege]
GRANT SELECT (tag) ON item TO catalog_reader;

-- inherited column made local too
ALTER TABLE ONLY alone INHERIT base;
ALTER TABLE alone NO INHERIT base;
ALTER TABLE derived NO INHERIT base;
ALTER TABLE derived INHERIT base;
