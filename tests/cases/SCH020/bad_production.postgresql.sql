-- environment: production
-- role: superuser

GRANT CREATE ON SCHEMA public TO PUBLIC

CREATE TABLE invoice (id bigint PRIMARY KEY)
