-- settings: {"enabled": true}

CREATE TABLE invoice (id bigint PRIMARY KEY)

COMMENT ON TABLE invoice IS 'one document sent'
