"""PostgreSQL 14 and newer, by psycopg 3."""
