CREATE TABLE document (id bigint PRIMARY KEY, content oid)

SELECT lo_create(0)

CREATE TABLE city (name text)

CREATE TABLE capital (state text) INHERITS (city)

CREATE RULE only_here AS ON DELETE TO city DO INSTEAD NOTHING
