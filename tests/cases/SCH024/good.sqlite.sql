CREATE TABLE invoice (
  id INTEGER PRIMARY KEY, status varchar(8) CHECK (status IN ('a', 'b')), http_status int,
  amount INTEGER NOT NULL CHECK (amount > 0)
)
