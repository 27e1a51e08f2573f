-- environment: testing

CREATE TABLE entry (id integer PRIMARY KEY) WITH (autovacuum_enabled = false);
