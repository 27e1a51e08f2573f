-- settings: {"enabled": true, "columns": true}

CREATE TABLE invoice (id bigint PRIMARY KEY, number text)

COMMENT ON COLUMN invoice.id IS 'number of the row'
