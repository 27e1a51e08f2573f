CREATE TABLE message (id bigint PRIMARY KEY, writer text NOT NULL)

CREATE POLICY own ON message USING (writer = current_user)
