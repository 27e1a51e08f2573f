-- role: superuser

GRANT CREATE ON SCHEMA public TO dbops_owner

CREATE SCHEMA other

CREATE TABLE other.invoice (id bigserial PRIMARY KEY)

SET ROLE dbops_owner

CREATE TABLE invoice (id bigserial PRIMARY KEY)

CREATE TYPE state AS ENUM ('on')
