-- settings: {"report_serial": true}

CREATE TABLE invoice (id bigserial PRIMARY KEY, other bigint GENERATED ALWAYS AS IDENTITY)
