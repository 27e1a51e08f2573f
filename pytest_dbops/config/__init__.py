"""What the project says of itself and its databases: dbops.toml, .env and variables, read and judged offline."""
