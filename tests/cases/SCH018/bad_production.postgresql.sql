-- environment: production

CREATE UNLOGGED TABLE invoice (id bigint PRIMARY KEY)
