"""The settings under which the server words its answers the same way every time.

They are set for the transaction only, in a SELECT, since a gate's session sends nothing else; the
old values wait in settings of our own until the last statement puts them back. So the reader can
also run in the middle of somebody's transaction, on their own connection.
"""

from __future__ import annotations

from pytest_dbops.backends.postgresql.catalog.object_statements import RARE_CATALOGS

# search_path: names come qualified. The formats decide how constants in defaults and checks are worded.
# jit and parallel workers: getting them ready costs the server more than the statements do. So does planning anew what
# a session keeps prepared (plan_cache_mode).
_SETTINGS = {
    "search_path": "",
    "quote_all_identifiers": "off",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
}


def _set(name: str, value: str) -> str:
    # The new value is built from the old one's (empty) head, so that saving comes before setting.
    saved = f"pg_catalog.set_config('dbops.{name}', pg_catalog.current_setting('{name}'), TRUE)"
    new = f"pg_catalog.concat(pg_catalog.left({saved}, 0), '{value}')"
    return f"pg_catalog.set_config('{name}', {new}, TRUE) AS {name}"


def _presence(catalog: str) -> str:
    # Only what a user made has such an oid; these two have no rows of the server's own.
    where = "" if catalog in ("pg_seclabel", "pg_subscription") else " WHERE oid >= 16384"
    return f"EXISTS (SELECT FROM pg_catalog.{catalog}{where}) AS {catalog}"


def _restore(name: str) -> str:
    # Where each statement is committed nothing was saved: that is told later, by what was read.
    saved = f"nullif(pg_catalog.current_setting('dbops.{name}', TRUE), '')"
    return f"pg_catalog.set_config('{name}', coalesce({saved}, pg_catalog.current_setting('{name}')), TRUE) AS {name}"


_SET_ALL = ",\n  ".join(_set(name, value) for name, value in _SETTINGS.items())
_RESTORE_ALL = ",\n  ".join(_restore(name) for name in _SETTINGS)

_RARE = ",\n  ".join(_presence(catalog) for catalog in RARE_CATALOGS)

PREPARE = f"SELECT\n  pg_catalog.current_setting('server_version_num') AS version,\n  {_RARE},\n  {_SET_ALL}\n"
"""Returns the server's version, one flag for each of ``RARE_CATALOGS``, and what was set."""

SET = f"SELECT\n  {_SET_ALL}\n"
"""Does no more than set."""

RESTORE = f"SELECT\n  {_RESTORE_ALL}\n"
