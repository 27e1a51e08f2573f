-- since: 15

CREATE TABLE account (email text, deleted_on date, UNIQUE NULLS NOT DISTINCT (email, deleted_on));

INSERT INTO account VALUES ('anna@example.com', NULL), ('bert@example.com', NULL);
