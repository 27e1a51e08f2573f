CREATE TABLE "user" (id bigint PRIMARY KEY, "order" int, "group" int)

CREATE TABLE "Invoice" (id bigint PRIMARY KEY, "dueOn" date, "net-amount" int, "a b" int)

CREATE VIEW "openInvoices" AS SELECT id FROM "Invoice"

CREATE TABLE a_table_with_a_name_so_long_that_the_server_has_to_cut_it_off_some (id bigint PRIMARY KEY)
