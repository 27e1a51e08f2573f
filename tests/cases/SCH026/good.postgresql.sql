CREATE TABLE users (id bigint PRIMARY KEY, key text, value text, name text, type text, position int, year int, level int)

CREATE TABLE _internal$ (id bigint PRIMARY KEY, line_2 text)
