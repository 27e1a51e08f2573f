-- config: tenancy.column = "org_id"
-- config: tenancy.exempt.reminder = "sent by a service that serves all"

CREATE TABLE organization (id bigint PRIMARY KEY)

CREATE TABLE invoice (org_id bigint NOT NULL REFERENCES organization (id), id bigint NOT NULL UNIQUE, PRIMARY KEY (org_id, id))

CREATE TABLE invoice_note (org_id bigint, invoice_id bigint, FOREIGN KEY (org_id, invoice_id) REFERENCES invoice (org_id, id))

CREATE TABLE reminder (id bigint PRIMARY KEY, invoice_id bigint REFERENCES invoice (id))

CREATE TABLE brand (id bigint PRIMARY KEY, organization_id bigint REFERENCES organization (id))
