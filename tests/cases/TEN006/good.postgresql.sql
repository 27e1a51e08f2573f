-- config: tenancy.column = "org_id"

CREATE TABLE invoice (org_id bigint NOT NULL, id bigint, PRIMARY KEY (org_id, id))

CREATE FUNCTION count_invoices() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.invoice'
