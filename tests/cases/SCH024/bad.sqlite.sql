CREATE TABLE invoice (id INTEGER PRIMARY KEY, status varchar(8), amount INTEGER, currency text, net INTEGER)
