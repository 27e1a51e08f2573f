"""The tables of JupyterHub 1.x as its `create_all` left them, which the revisions of 2.0 and later work on."""

import sqlalchemy as sa

metadata = sa.MetaData()


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def _name(name: str, length: int = 255, **more: object) -> sa.Column:
    return sa.Column(name, sa.Unicode(length), **more)


def _to(name: str, target: str, rule: str = "CASCADE", **more: object) -> sa.Column:
    return sa.Column(name, sa.ForeignKey(target, ondelete=rule), **more)


sa.Table(
    "servers",
    metadata,
    _id(),
    _name("proto", 15),
    _name("ip"),
    sa.Column("port", sa.Integer),
    _name("base_url"),
    _name("cookie_name"),
)
sa.Table("groups", metadata, _id(), _name("name", unique=True))
sa.Table(
    "users",
    metadata,
    _id(),
    _name("name", unique=True),
    sa.Column("admin", sa.Boolean),
    sa.Column("created", sa.DateTime),
    sa.Column("last_activity", sa.DateTime),
    _name("cookie_id", nullable=False, unique=True),
    sa.Column("state", sa.Text),
    sa.Column("encrypted_auth_state", sa.LargeBinary),
)
sa.Table(
    "user_group_map",
    metadata,
    _to("user_id", "users.id", primary_key=True),
    _to("group_id", "groups.id", primary_key=True),
)
sa.Table(
    "spawners",
    metadata,
    _id(),
    _to("user_id", "users.id"),
    _to("server_id", "servers.id", "SET NULL"),
    sa.Column("state", sa.Text),
    _name("name"),
    sa.Column("started", sa.DateTime),
    sa.Column("last_activity", sa.DateTime),
    sa.Column("user_options", sa.Text),
)
sa.Table(
    "services",
    metadata,
    _id(),
    _name("name", unique=True),
    sa.Column("admin", sa.Boolean),
    _to("_server_id", "servers.id", "SET NULL"),
    sa.Column("pid", sa.Integer),
)
sa.Table(
    "oauth_clients",
    metadata,
    _id(),
    _name("identifier", unique=True),
    _name("description", 1023),
    _name("secret"),
    _name("redirect_uri", 1023),
)
sa.Table(
    "oauth_codes",
    metadata,
    _id(),
    _to("client_id", "oauth_clients.identifier"),
    _name("code", 36),
    sa.Column("expires_at", sa.Integer),
    _name("redirect_uri", 1023),
    _name("session_id"),
    _to("user_id", "users.id"),
)
sa.Table(
    "oauth_access_tokens",
    metadata,
    _id(),
    _to("client_id", "oauth_clients.identifier"),
    sa.Column("grant_type", sa.Enum("authorization_code", "implicit", "password", name="granttype"), nullable=False),
    sa.Column("expires_at", sa.Integer),
    _name("refresh_token"),
    sa.Column("refresh_expires_at", sa.Integer),
    _to("user_id", "users.id"),
    _name("session_id"),
    _name("hashed", unique=True),
    _name("prefix", 16, index=True),
    sa.Column("created", sa.DateTime),
    sa.Column("last_activity", sa.DateTime),
)
sa.Table(
    "api_tokens",
    metadata,
    _id(),
    _to("user_id", "users.id"),
    _to("service_id", "services.id"),
    _name("hashed", unique=True),
    _name("prefix", 16, index=True),
    sa.Column("created", sa.DateTime),
    sa.Column("expires_at", sa.DateTime),
    sa.Column("last_activity", sa.DateTime),
    _name("note", 1023),
)


def make(connection: sa.Connection) -> None:
    """Make the tables, as the old release did when it was started."""
    metadata.create_all(connection)
