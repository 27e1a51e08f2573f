-- config: tenancy.column = "org_id"

CREATE TABLE invoice (id bigint PRIMARY KEY, org_id bigint NOT NULL, gross numeric)

CREATE INDEX big_invoices ON invoice (org_id) WHERE gross > 1000

CREATE INDEX invoice_gross ON invoice (gross, org_id)
