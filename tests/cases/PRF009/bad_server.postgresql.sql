-- role: superuser
-- environment: production
-- hints: a server of the tests runs without autovacuum on purpose

CREATE TABLE entry (id integer PRIMARY KEY);
