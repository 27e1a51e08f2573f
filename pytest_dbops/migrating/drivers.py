"""Keep code that uses a database driver by hand, without SQLAlchemy, to the database it was given.

SQLite is guarded by Python's own audit events (PEP 578), which no code can take away again. psycopg, psycopg2 and
asyncpg are guarded where each hands an address to the network, when it is imported: that holds for pools, for engines
with a `creator`, and for synchronous and asynchronous connections alike.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from pytest_dbops.migrating.guard import Confinement, Place, server_place

_Patch = Callable[[ModuleType], None]


def confine_drivers(confinement: Confinement) -> None:
    """Make the drivers of this process refuse any database but the allowed one; call it before they are imported."""

    def on_audit(event: str, args: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            name = args[0]
            confinement.check_file(name.decode() if isinstance(name, bytes) else str(name))

    sys.addaudithook(on_audit)
    _guard_attaching(confinement)
    patches: dict[str, _Patch] = {
        "psycopg.generators": functools.partial(_guard_psycopg, confinement),
        "psycopg2": functools.partial(_guard_psycopg2, confinement),
        "asyncpg.connect_utils": functools.partial(_guard_asyncpg, confinement),
    }
    for name in list(patches):
        if name in sys.modules:
            patches.pop(name)(sys.modules[name])
    sys.meta_path.insert(0, _OnImport(patches))


class _OnImport(MetaPathFinder):
    """Runs a patch on a module right after it was imported; finds nothing itself."""

    def __init__(self, patches: dict[str, _Patch]) -> None:
        self._patches = patches

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec the other finders have, with the patch behind its loader."""
        patch = self._patches.pop(fullname, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_patch(module: ModuleType) -> None:
            execute(module)
            patch(module)

        spec.loader.exec_module = execute_and_patch  # type: ignore[method-assign]  # a loader serves one module
        return spec


def _guard_attaching(confinement: Confinement) -> None:
    """sqlite3: a connection is told by no event once it can be authorized, so `connect` is replaced where it has names.

    A connection made by calling the class itself is checked as it is opened, but may attach.
    """
    connect = _module("sqlite3").connect

    @functools.wraps(connect)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        connection = connect(*args, **kwargs)
        connection.set_authorizer(confinement.authorize)
        return connection

    for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
        _module(name).connect = guarded


def _guard_psycopg(confinement: Confinement, module: ModuleType) -> None:
    """psycopg 3: every connection, of whatever class, is made by `generators.connect(conninfo)`."""
    connect = module.connect

    @functools.wraps(connect)
    def guarded(conninfo: str, *args: Any, **kwargs: Any) -> Any:
        confinement.check(_libpq_place(_module("psycopg.conninfo").conninfo_to_dict(conninfo)))
        return connect(conninfo, *args, **kwargs)

    module.connect = guarded  # type: ignore[attr-defined]  # the module has it


def _guard_psycopg2(confinement: Confinement, module: ModuleType) -> None:
    """psycopg2: `connect` and its pools end in `_connect(dsn)`."""
    connect = module._connect

    def guarded(dsn: str, *args: Any, **kwargs: Any) -> Any:
        confinement.check(_libpq_place(_module("psycopg2.extensions").parse_dsn(dsn)))
        return connect(dsn, *args, **kwargs)

    module._connect = guarded  # type: ignore[attr-defined]  # as above


def _guard_asyncpg(confinement: Confinement, module: ModuleType) -> None:
    """asyncpg: every attempt ends in `_connect_addr(addr=..., params=...)`, with the address resolved."""
    connect = module._connect_addr

    async def guarded(*, addr: Any, params: Any, **kwargs: Any) -> Any:
        host, port = addr if isinstance(addr, tuple) else _of_socket(str(addr))
        confinement.check(server_place("postgresql", host, port, params.database))
        return await connect(addr=addr, params=params, **kwargs)

    module._connect_addr = guarded  # type: ignore[attr-defined]  # as above


def _libpq_place(parameters: Mapping[str, Any]) -> Place:
    if parameters.get("service"):
        return Place("postgresql", f"service {parameters['service']}", str(parameters.get("dbname") or ""))
    return server_place(
        "postgresql", parameters.get("host"), parameters.get("port"), parameters.get("dbname") or parameters.get("user")
    )


def _of_socket(path: str) -> tuple[str, str]:
    folder, _, port = path.rpartition("/.s.PGSQL.")
    return folder, port


def _module(name: str) -> Any:
    return importlib.import_module(name)
