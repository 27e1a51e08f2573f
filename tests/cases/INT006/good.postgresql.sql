CREATE TABLE customer (org integer, id integer, PRIMARY KEY (org, id));

CREATE TABLE invoice (id integer, day date, org integer, customer_id integer, parent integer, FOREIGN KEY (org, customer_id) REFERENCES customer) PARTITION BY RANGE (day);

CREATE TABLE invoice_2026 PARTITION OF invoice FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

INSERT INTO customer VALUES (1, 1);

INSERT INTO invoice VALUES (1, '2026-03-01', 1, 1), (2, '2026-03-02', 1, NULL), (3, '2026-03-03', NULL, NULL);
