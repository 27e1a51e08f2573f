CREATE TABLE Invoice (Id INTEGER PRIMARY KEY, user int, key text, dueOn date)
