-- environment: testing

CREATE TABLE entry (id integer PRIMARY KEY) WITH (autovacuum_vacuum_scale_factor = 0.01);
