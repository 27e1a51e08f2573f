-- Constraints, each attribute altered alone.
-- Each case: "-- name [facet; since MAJOR; also FACETS]", then its statements. The facet is structure unless named.
-- Nothing of a case stays: it runs in a transaction that is rolled back.

-- primary key dropped
ALTER TABLE item DROP CONSTRAINT item_pkey;

-- primary key columns
ALTER TABLE item DROP CONSTRAINT item_pkey, ADD CONSTRAINT item_pkey PRIMARY KEY (id, name);

-- primary key name
ALTER TABLE item RENAME CONSTRAINT item_pkey TO item_key;

-- primary key deferrable
ALTER TABLE item DROP CONSTRAINT item_pkey,ADD CONSTRAINT item_pkey PRIMARY KEY (id) DEFERRABLE;

-- primary key initially deferred
ALTER TABLE item DROP CONSTRAINT item_pkey,ADD CONSTRAINT item_pkey PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED;

-- primary key's index parameter [storage]
ALTER INDEX item_pkey SET (fillfactor = 50);

-- primary key's index tablespace [storage]
ALTER INDEX item_pkey SET TABLESPACE catalog_space;

-- primary key comment [comment]
COMMENT ON CONSTRAINT item_pkey ON item IS 'key';

-- primary key's index comment [comment]
COMMENT ON INDEX item_pkey IS 'key';

-- unique constraint added
ALTER TABLE item ADD UNIQUE (tag);

-- unique constraint dropped
ALTER TABLE item DROP CONSTRAINT item_name_key;

-- unique constraint columns
ALTER TABLE item DROP CONSTRAINT item_name_key,ADD CONSTRAINT item_name_key UNIQUE (name, id);

-- unique constraint order of columns
ALTER TABLE item ADD CONSTRAINT k UNIQUE (tag, note);

-- unique constraint includes
ALTER TABLE item DROP CONSTRAINT item_name_key,ADD CONSTRAINT item_name_key UNIQUE (name) INCLUDE (id);

-- unique constraint nulls not distinct [since 15]
ALTER TABLE item DROP CONSTRAINT item_name_key,ADD CONSTRAINT item_name_key UNIQUE NULLS NOT DISTINCT (name);

-- unique constraint without overlaps [since 18]
ALTER TABLE item ADD CONSTRAINT k UNIQUE (whose, during WITHOUT OVERLAPS);

-- foreign key dropped
ALTER TABLE item DROP CONSTRAINT item_parent_fk;

-- foreign key renamed
ALTER TABLE item RENAME CONSTRAINT item_parent_fk TO other_fk;

-- foreign key ON DELETE CASCADE
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE;

-- foreign key ON DELETE SET NULL
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE SET NULL;

-- foreign key ON DELETE SET NULL (parent_id) [since 15]
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE SET NULL (parent_id);

-- foreign key ON DELETE RESTRICT
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE RESTRICT;

-- foreign key ON UPDATE CASCADE
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) ON UPDATE CASCADE;

-- foreign key MATCH FULL
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) MATCH FULL;

-- foreign key DEFERRABLE
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) DEFERRABLE;

-- foreign key DEFERRABLE INITIALLY DEFERRED
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED;

-- foreign key NOT VALID [state]
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) NOT VALID;

-- foreign key NOT ENFORCED [also state; since 18]
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id) NOT ENFORCED;

-- foreign key columns
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (number) REFERENCES parent (id);

-- foreign key target
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id) REFERENCES item (id);

-- foreign key target columns
ALTER TABLE item DROP CONSTRAINT item_parent_fk,ADD CONSTRAINT item_parent_fk FOREIGN KEY (parent_id, tag) REFERENCES parent (id, code);

-- foreign key period [since 18]
CREATE TABLE times (id int4range, during int4range,PRIMARY KEY (id, during WITHOUT OVERLAPS));
ALTER TABLE item ADD FOREIGN KEY (whose, PERIOD during) REFERENCES times (id, PERIOD during);

-- foreign key comment [comment]
COMMENT ON CONSTRAINT item_parent_fk ON item IS 'why';

-- check added
ALTER TABLE item ADD CHECK (id > 0);

-- check dropped
ALTER TABLE item DROP CONSTRAINT item_amount_check;

-- check renamed
ALTER TABLE item RENAME CONSTRAINT item_amount_check TO other_check;

-- check expression
ALTER TABLE item DROP CONSTRAINT item_amount_check,ADD CONSTRAINT item_amount_check CHECK (amount > 0);

-- check not valid [state]
ALTER TABLE item DROP CONSTRAINT item_amount_check,ADD CONSTRAINT item_amount_check CHECK (amount >= 0) NOT VALID;

-- check not enforced [also state; since 18]
ALTER TABLE item DROP CONSTRAINT item_amount_check,ADD CONSTRAINT item_amount_check CHECK (amount >= 0) NOT ENFORCED;

-- check no inherit
ALTER TABLE item DROP CONSTRAINT item_amount_check,ADD CONSTRAINT item_amount_check CHECK (amount >= 0) NO INHERIT;

-- check inherited
ALTER TABLE base ADD CONSTRAINT c CHECK (id > 0);

-- check comment [comment]
COMMENT ON CONSTRAINT item_amount_check ON item IS 'why';

-- exclusion dropped
ALTER TABLE item DROP CONSTRAINT item_during_excl;

-- exclusion operator
ALTER TABLE item DROP CONSTRAINT item_during_excl,ADD CONSTRAINT item_during_excl EXCLUDE USING gist (during WITH -|-);

-- exclusion deferrable
ALTER TABLE item DROP CONSTRAINT item_during_excl,ADD CONSTRAINT item_during_excl EXCLUDE USING gist (during WITH &&) DEFERRABLE;

-- exclusion comment [comment]
COMMENT ON CONSTRAINT item_during_excl ON item IS 'why';

-- not null constraint named [since 18]
ALTER TABLE item RENAME CONSTRAINT item_name_not_null TO must;

-- not null constraint not valid [state; since 18]
ALTER TABLE item ALTER name DROP NOT NULL;
ALTER TABLE item ADD CONSTRAINT item_name_not_null NOT NULL name NOT VALID;

-- not null constraint no inherit [since 18]
ALTER TABLE item ALTER name DROP NOT NULL;
ALTER TABLE item ADD CONSTRAINT item_name_not_null NOT NULL name NO INHERIT;

-- not null constraint comment [comment; since 18]
COMMENT ON CONSTRAINT item_name_not_null ON item IS 'why';

-- foreign key to a partitioned table
ALTER TABLE event ADD PRIMARY KEY (id, day);
ALTER TABLE item ADD made date, ADD CONSTRAINT item_event_fk FOREIGN KEY (number, made) REFERENCES event (id, day);
