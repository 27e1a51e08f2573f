-- settings: {"pattern": "[a-z_]+"}

CREATE TABLE invoice2 (id bigint PRIMARY KEY)
