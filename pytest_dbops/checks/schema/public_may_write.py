"""SCH020."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pytest_dbops.checks.schema._statements import quoted_list
from pytest_dbops.core.catalog import PUBLIC, Catalog, Privileges, Schema, Table, View, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_READING = frozenset({"SELECT", "USAGE", "REFERENCES"})


@check("SCH020", category="schema", severity=Severity.ERROR, is_static=True)
def public_may_write(catalog: Catalog, environment: Environment, session: Session) -> Iterator[Finding]:
    """Every role of the server may write, or create objects.

    PUBLIC is each role that exists and each that will. With CREATE on a schema that others search, any of them
    plants a function that an administrator's query will call (CVE-2018-1058); databases made before PostgreSQL
    15 have that on schema public. With rights on a table, no role is a least-privilege role. Reading by PUBLIC is
    a warning; CREATE on a schema, a server's default, is one outside staging and production. On SQLite the file
    says who may write: it must not be writable by everyone.

    Revoke the right from PUBLIC and grant it to the roles that need it.
    """
    if session.capabilities.is_file:
        yield from _writable_file(session.identity.host)
    if catalog.tables or catalog.views or catalog.routines:
        for schema in catalog.schemas:
            yield from _open_schema(schema, environment)
    things: list[Table | View] = [*catalog.tables, *catalog.views]
    for thing in things:
        yield from _open_object(thing.display, f"TABLE {thing.quoted}", thing.privileges)
    for table in catalog.tables:
        for column in table.columns:
            if not column.privileges.grants:  # as nearly all are
                continue
            yield from _open_column(f"{table.display}.{column.name}", table.quoted, column.name, column.privileges)
    for sequence in catalog.sequences:
        yield from _open_object(sequence.display, f"SEQUENCE {sequence.quoted}", sequence.privileges)
    yield from _open_from_the_start(catalog)


def _open_schema(schema: Schema, environment: Environment) -> Iterator[Finding]:
    if "CREATE" in schema.privileges.of(PUBLIC):
        yield Finding(
            schema.name,
            f"every role may create objects in schema {schema.name!r}",
            hint=f"REVOKE CREATE ON SCHEMA {quote_identifier(schema.name)} FROM PUBLIC;",
            identity="schema",
            severity=Severity.ERROR if environment.is_guarded else Severity.WARNING,
        )


def _open_object(display: str, target: str, privileges: Privileges) -> Iterator[Finding]:
    held = privileges.of(PUBLIC)
    if held:
        yield Finding(
            display,
            f"every role has {', '.join(held)} on {display!r}",
            hint=f"REVOKE {', '.join(held)} ON {target} FROM PUBLIC;",
            identity="object",
            severity=Severity.ERROR if set(held) - _READING else Severity.WARNING,
        )


def _open_column(display: str, table: str, column: str, privileges: Privileges) -> Iterator[Finding]:
    held = privileges.of(PUBLIC)
    if held:
        yield Finding(
            display,
            f"every role has {', '.join(held)} on column {display!r}",
            hint=f"REVOKE {', '.join(f'{right} ({quoted_list([column])})' for right in held)} ON {table} FROM PUBLIC;",
            identity="column",
            severity=Severity.ERROR if set(held) - _READING else Severity.WARNING,
        )


def _open_from_the_start(catalog: Catalog) -> Iterator[Finding]:
    for default in catalog.default_privileges:
        held = [grant.privilege for grant in default.grants if grant.grantee == PUBLIC]
        if held and default.kind in ("table", "sequence", "schema"):
            where = f" IN SCHEMA {quote_identifier(default.schema)}" if default.schema else ""
            yield Finding(
                f"{default.role} ({default.kind}s)",
                f"every role will have {', '.join(held)} on each {default.kind} that {default.role!r} creates",
                hint=f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_identifier(default.role)}{where} "
                f"REVOKE {', '.join(held)} ON {default.kind.upper()}S FROM PUBLIC;",
                identity=f"default {default.schema}",
                severity=Severity.ERROR if set(held) - _READING else Severity.WARNING,
            )


def _writable_file(name: str) -> Iterator[Finding]:
    """Yield a finding for a file that everyone may write; Windows keeps rights in another way, unseen here."""
    path = Path(name)
    if os.name == "nt" or not path.is_file():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IWOTH:
        yield Finding(
            path.name,
            f"every user of the machine may write the database file (mode {mode:04o})",
            hint=f"chmod o-w {path}",
            identity="file",
        )
