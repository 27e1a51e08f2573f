"""Databases built once by fingerprint and cloned: a killed build never looks finished."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pytest_dbops.core.errors import DbopsError, TimedOut
from pytest_dbops.core.scratch import AdminConnection, ScratchServer, TemplateFingerprint
from pytest_dbops.provisioning.databases import (
    create_database,
    drop_database,
    identifier,
    literal,
    mark_database,
    new_name,
)
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.marks import mark_of

PREFIX = "dbops_template_"
BUILD_PATIENCE_S = 900.0
FIRST_POLL_S = 0.01
LONGEST_POLL_S = 0.25
TEMPLATES = "SELECT coalesce(json_agg(datname), '[]')::text FROM pg_catalog.pg_database WHERE datistemplate"
EXISTS = "SELECT coalesce(json_agg(datname), '[]')::text FROM pg_catalog.pg_database"

# Settings that are lists of names are stored as they are written; all others are one text (as in pg_dump).
INHERIT = """
DO $$
DECLARE
    entry record;
BEGIN
    FOR entry IN
        SELECT split_part(item, '=', 1) AS name, substr(item, strpos(item, '=') + 1) AS value, rolname
          FROM pg_catalog.pg_db_role_setting AS setting
          JOIN pg_catalog.pg_database AS base ON base.oid = setting.setdatabase
          LEFT JOIN pg_catalog.pg_roles AS role ON role.oid = setting.setrole,
               unnest(setting.setconfig) AS item
         WHERE base.datname = :template
    LOOP
        EXECUTE CASE WHEN entry.rolname IS NULL
                     THEN format('ALTER DATABASE %I SET %I TO ', :clone, entry.name)
                     ELSE format('ALTER ROLE %I IN DATABASE %I SET %I TO ', entry.rolname, :clone, entry.name)
                END
             || CASE WHEN entry.value <> ''
                      AND entry.name IN ('search_path', 'temp_tablespaces', 'session_preload_libraries',
                                         'local_preload_libraries')
                     THEN entry.value
                     ELSE quote_literal(entry.value)
                END;
    END LOOP;
    IF EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :template AND datacl IS NOT NULL) THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :clone);
    END IF;
    FOR entry IN
        SELECT item.privilege_type AS privilege, coalesce(quote_ident(rolname), 'PUBLIC') AS grantee,
               CASE WHEN item.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
          FROM pg_catalog.pg_database AS base
         CROSS JOIN aclexplode(base.datacl) AS item
          LEFT JOIN pg_catalog.pg_roles AS role ON role.oid = item.grantee
         WHERE base.datname = :template
           AND item.grantee <> base.datdba
    LOOP
        EXECUTE format('GRANT %s ON DATABASE %I TO %s%s', entry.privilege, :clone, entry.grantee, entry.option);
    END LOOP;
END $$
"""
INHERIT_OWNER = """
DO $$
BEGIN
    EXECUTE (SELECT format('ALTER DATABASE %I OWNER TO %I', :clone, pg_catalog.pg_get_userbyid(datdba))
               FROM pg_catalog.pg_database WHERE datname = :template);
END $$
"""


def fingerprint(*parts: str | bytes) -> TemplateFingerprint:
    """Return the fingerprint of everything that shapes a template; the order of the parts counts."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return TemplateFingerprint(digest.hexdigest())


def template_name(version: str, shaped_by: TemplateFingerprint) -> str:
    """Return the name of a template: it changes with the fingerprint and the server's version."""
    return PREFIX + fingerprint(shaped_by, version)[:32]


def ensure_template(
    server: ScratchServer,
    admin: AdminConnection,
    shaped_by: TemplateFingerprint,
    build: Callable[[str], None],
    *,
    owner: str | None = None,
    finish: Callable[[str], None] | None = None,
) -> str:
    """Return the template of a fingerprint, built first if there is none; parallel callers build it once.

    build: gets the URL of an empty database that belongs to `owner` (else the superuser) and fills it; it
    must have closed its connections when it returns. What it raises ends the build and is passed on.
    finish: gets the superuser's URL of the filled database, under the same terms.
    admin: keeps an advisory lock during the build, which its end releases; use it for nothing else.
    """
    name = template_name(server.version, shaped_by)
    if name in _names(admin, TEMPLATES):
        return name
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    _lock(admin, key, name)
    try:
        if name not in _names(admin, TEMPLATES):
            _build(server, admin, name, build, owner, finish)
    finally:
        with suppress(DbopsError):  # a connection that is lost holds no lock
            admin.scalar(f"SELECT pg_catalog.pg_advisory_unlock({key})")
    return name


def clone(
    server: ScratchServer, admin: AdminConnection, template: str, *, name: str | None = None, owner: str | None = None
) -> str:
    """Return the name of a new database with the content, settings, grants and owner of a template.

    CREATE DATABASE copies neither what ALTER DATABASE ... SET nor what GRANT ... ON DATABASE did.
    """
    name = name or new_name(server)
    create_database(server, admin, name, template=template, owner=owner)
    admin.execute(INHERIT.replace(":template", literal(template)).replace(":clone", literal(name)))
    if owner is None:
        admin.execute(INHERIT_OWNER.replace(":template", literal(template)).replace(":clone", literal(name)))
    return name


def drop_template(server: ScratchServer, admin: AdminConnection, template: str) -> None:
    """Drop a template of ours; its clones stay."""
    if template in _names(admin, TEMPLATES):
        admin.execute(f"ALTER DATABASE {identifier(template)} IS_TEMPLATE false")
    drop_database(server, admin, template)


def ensure_file_template(folder: Path, shaped_by: TemplateFingerprint, build: Callable[[Path], None]) -> Path:
    """Return the SQLite file of a fingerprint, built first if there is none; parallel callers build it once.

    build: gets the path of a file to make; the database must be closed, without a WAL, when it returns.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    finished = folder / f"{PREFIX}{shaped_by[:32]}.sqlite"
    if finished.exists():
        return finished
    with file_lock(finished.with_suffix(".lock"), patience_s=BUILD_PATIENCE_S):
        if not finished.exists():
            draft = finished.with_suffix(f".{os.getpid()}")
            draft.unlink(missing_ok=True)
            build(draft)
            draft.rename(finished)
    return finished


def clone_file(template: Path, target: Path) -> Path:
    """Copy a finished SQLite template to a new file; raises FileExistsError rather than overwrite one."""
    with template.open("rb") as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    return target


def _build(
    server: ScratchServer,
    admin: AdminConnection,
    name: str,
    build: Callable[[str], None],
    owner: str | None,
    finish: Callable[[str], None] | None,
) -> None:
    draft = new_name(server)
    create_database(server, admin, draft, owner=owner)
    try:
        build(server.url(draft, role=owner))
        if finish is not None:
            finish(server.url(draft))
    except BaseException:
        with suppress(DbopsError):
            drop_database(server, admin, draft)
        raise
    if name in _names(admin, EXISTS):
        drop_database(server, admin, name)  # renamed by a builder that was killed before it was closed
    admin.execute(f"ALTER DATABASE {identifier(draft)} RENAME TO {identifier(name)}")
    if not server.is_private:
        mark_database(admin, name, mark_of(server, for_all_runs=True))
    admin.execute(f"ALTER DATABASE {identifier(name)} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")


def _lock(admin: AdminConnection, key: int, name: str) -> None:
    deadline, pause_s = time.monotonic() + BUILD_PATIENCE_S, FIRST_POLL_S
    while not admin.scalar(f"SELECT pg_catalog.pg_try_advisory_lock({key})"):
        if time.monotonic() > deadline:
            raise TimedOut(f"another process builds the template {name!r} for more than {BUILD_PATIENCE_S:.0f} s")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)


def _names(admin: AdminConnection, query: str) -> list[str]:
    names: list[str] = json.loads(str(admin.scalar(query)))
    return names
