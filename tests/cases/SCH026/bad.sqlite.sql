CREATE TABLE "order" (id INTEGER PRIMARY KEY, "group" int, "net amount" int)
