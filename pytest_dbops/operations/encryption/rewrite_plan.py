"""Which stored fields are to be sealed anew, and what stands in the way; reads the target, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pytest_dbops.config.model import Config
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.core.deploy.preconditions import Refusal, RefusalName, in_force, write_refusals
from pytest_dbops.core.encryption import BoundAs, BoundColumn, EncryptedColumn, KeyRecord, KeyState, Purpose
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, CannotJudge, NothingToCheck, PolicyRefused, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Identity, Session
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.plan import refuse_unfit
from pytest_dbops.operations.encryption import statements
from pytest_dbops.operations.encryption.columns import read_columns
from pytest_dbops.operations.encryption.keyring import project_keyring
from pytest_dbops.operations.encryption.new_key import read_new_key
from pytest_dbops.operations.encryption.provide import NO_COLUMNS
from pytest_dbops.operations.environments import open_environment

BATCH_ROWS = 20_000


class Task(StrEnum):
    """What is done to fields.

    ROTATE: those on another key are moved to one. FIX: plaintext is sealed, retired keys are left, blind indexes are
    made again. ENCRYPT: a column of plaintext is sealed. INDEX: blind indexes that follow others are made.
    """

    ROTATE = "rotate-key"
    INDEX = "rotate-key --purpose blind-index"
    FIX = "validate-encryption --fix"
    ENCRYPT = "encrypt-column"


@frozen
class RewriteRequest:
    """What is asked for.

    org: the tenant whose rows are meant, empty for all. new_key: reference or name of the key of a rotation; purpose:
    what is rotated, None for data if the key is for that, else blind indexes. column: the one to encrypt, as
    `table.column`. batch_rows: of one transaction. wait_s: for another run to end. lock_s: for a lock, None for the
    environment's own. forced: names of refusals to override, for `reason`. actor: as the journal will name them.
    """

    environment: str | None
    now: datetime
    task: Task
    actor: str = ""
    org: str = ""
    new_key: str = ""
    purpose: Purpose | None = None
    column: str = ""
    batch_rows: int = BATCH_ROWS
    wait_s: float = 60.0
    lock_s: float | None = None
    forced: Sequence[str] = ()
    reason: str = ""
    is_dry: bool = False


@frozen
class PlannedColumn:
    """A column whose fields are looked at.

    rows: of the table, or the tenant. todo: fields that are known to be sealed anew. keys: fields by id of their key.
    plain: fields that do not begin as envelopes do.
    """

    column: EncryptedColumn
    rows: int
    todo: int
    keys: Mapping[str, int]
    plain: int

    @property
    def name(self) -> str:
        """The column as people name it."""
        return self.column.name


@frozen
class RewritePlan:
    """What is going to be sealed anew, where, and under which key.

    key: of a rotation, else None. org: the tenant whose rows are meant, empty for all. left_out: columns that are not
    looked at, with why. refusals, overridden: what the policy has against it.
    """

    environment: Environment
    identity: Identity
    task: Task
    columns: tuple[PlannedColumn, ...]
    all_columns: tuple[EncryptedColumn, ...]
    keyring: Keyring = field(repr=False)
    key: KeyRecord | None = None
    org: str = ""
    left_out: tuple[str, ...] = ()
    has_ledger: bool = False
    refusals: tuple[Refusal, ...] = ()
    overridden: tuple[Refusal, ...] = ()

    @property
    def has_work(self) -> bool:
        """Whether anything has to be read for it; blind indexes are compared by reading all."""
        is_compared = self.task in (Task.FIX, Task.INDEX)
        return any(each.todo or (is_compared and each.column.index) for each in self.columns)


def plan_rewrite(config: Config, request: RewriteRequest, *, progress: Progress) -> RewritePlan:
    """Return what would be sealed anew now.

    Raises UsageError for a key, column or tenant that cannot be meant, PolicyRefused where nothing may be written,
    Blocked for what nobody can override.
    """
    environment = use_environment(config, request.environment)
    if environment.url is None:
        raise UsageError(f"environment {environment.name!r} is embedded: it is built anew (name another one: --env)")
    known = read_columns(config)
    if known.problem:
        raise CannotJudge(known.problem)
    if not known.columns:
        raise NothingToCheck(NO_COLUMNS)
    keyring, key = project_keyring(config, environment), None
    if request.task is Task.ROTATE:
        key = read_new_key(
            config, environment, keyring, request.new_key, org=request.org, purpose=request.purpose
        )  # fmt: skip
        request = replace(request, org=request.org or key.tenant)
        if key.purpose is Purpose.INDEX:
            request = replace(request, task=Task.INDEX)
        else:
            keyring = keyring.sealing_by(bytes.fromhex(key.id))
    chosen, left_out = _chosen(known.columns, request)
    progress(f"counting the fields of {environment.name}")
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        refuse_unfit(session.identity, environment, what="run")
        looked = [_look(session, each, keyring, key, request) for each in chosen]
        has_ledger = _has_ledger(session)
        identity = session.identity
        session.verify()
    planned = tuple(each for each in looked if isinstance(each, PlannedColumn))
    left_out += [each for each in looked if isinstance(each, str)]
    plan = RewritePlan(
        environment,
        identity,
        request.task,
        planned,
        known.columns,
        keyring,
        key,
        request.org,
        tuple(left_out),
        has_ledger,
    )
    return _refuse(plan, request) if plan.has_work else plan


def tenant_column(column: EncryptedColumn) -> BoundColumn | None:
    """Return the column that says whose a row is; None where the model names none."""
    return column.bind[0] if column.bind else (column.index.tenant if column.index else None)


def tenant_values(bound: BoundColumn, org: str) -> tuple[str, ...]:
    """Return how a tenant may be stored; raises UsageError for one that cannot be."""
    if bound.written is not BoundAs.UUID:
        if bound.written is BoundAs.NUMBER and not org.lstrip("-").isdecimal():
            raise UsageError(f"--org {org!r} is no number, as {bound.name} is")
        return (org,)
    try:
        found = UUID(org)
    except ValueError:
        raise UsageError(f"--org {org!r} is no UUID, as {bound.name} is") from None
    return (str(found), found.hex)


def _chosen(columns: Sequence[EncryptedColumn], request: RewriteRequest) -> tuple[list[EncryptedColumn], list[str]]:
    if request.task is Task.ENCRYPT:
        found = [each for each in columns if each.name == request.column]
        if not found:
            names = [each.name for each in columns]
            raise UsageError(
                f"the models have no encrypted column {request.column!r}{nearest_hint(request.column, names)}"
                " (give the column a type: EncryptedText, EncryptedJSON or EncryptedBytes)"
            )
        columns = found
    if request.task is Task.INDEX:
        columns = _indexed(columns)
    for each in columns:
        if not each.primary_key:
            raise Blocked(f"table {each.table!r} has no primary key, so that its rows cannot be taken in batches")
    kept = [each for each in columns if not request.org or tenant_column(each)]
    out = [f"{each.name}: its rows are of no tenant" for each in columns if each not in kept]
    if not kept:
        raise UsageError(f"--org {request.org!r}: no encrypted column has rows of tenants")
    for bound in (tenant_column(each) for each in kept if request.org):
        assert bound is not None
        tenant_values(bound, request.org)
    return kept, out


def _indexed(columns: Sequence[EncryptedColumn]) -> list[EncryptedColumn]:
    """Return the columns with a blind index, each of which has one that follows it."""
    found = [each for each in columns if each.index is not None]
    if not found:
        raise UsageError("the models have no blind index, so that there is nothing to go to another key")
    for each in found:
        if each.follower is None:
            assert each.index is not None
            raise Blocked(
                f"{each.name}: no second column takes over from its blind index {each.index.name!r} (add one by a"
                f" migration, and to the model: BlindIndex(..., follows={each.index.name!r}))"
            )
    return found


def _look(
    session: Session, column: EncryptedColumn, keyring: Keyring, key: KeyRecord | None, request: RewriteRequest
) -> PlannedColumn | str:
    """Count the fields of a column by what is to be done to them; a line where nothing can be."""
    if session.dialect == "postgresql" and (unfit := _unfit(session, column, request.task)):
        if request.task is Task.ENCRYPT:
            raise Blocked(unfit)
        return unfit
    where, params = "", {}
    if request.org and (bound := tenant_column(column)):
        values = tenant_values(bound, request.org)
        params = {f"org_{place}": value for place, value in enumerate(values)}
        where = f"{statements.quoted(bound.name)} IN ({', '.join(f':{name}' for name in params)})"
    rows, plain, keys = 0, 0, dict[str, int]()
    for row in session.query(statements.structure(column, session.dialect, where), params):
        rows += row["fields"]
        if row["key_id"]:
            name = bytes(row["key_id"]).hex()
            keys[name] = keys.get(name, 0) + row["fields"]
        elif row["verdict"] not in ("null", "truncated"):
            plain += row["fields"]
    if request.task is Task.INDEX:
        assert column.follower is not None and key is not None
        waits = statements.not_indexed(column, column.follower, session.dialect, key.id)
        todo = int(session.scalar(statements.count_rows_where(column, waits, where), params))
        return PlannedColumn(column, rows, todo, keys, plain)
    if request.task is Task.ENCRYPT:  # also an empty value is plaintext then
        plain = int(session.scalar(statements.count_not_begun(column, session.dialect, where), params))
    return PlannedColumn(column, rows, _todo(keyring, key, keys, plain, request.task), keys, plain)


def _todo(keyring: Keyring, key: KeyRecord | None, keys: Mapping[str, int], plain: int, task: Task) -> int:
    if task is Task.ENCRYPT:
        return plain
    records = {name: keyring.record(Purpose.DATA, bytes.fromhex(name)) for name in keys}
    if key is not None:
        return sum(number for name, number in keys.items() if name != key.id and not _is_of_another(records[name], key))
    old = (KeyState.RETIRED, KeyState.COMPROMISED)
    return plain + sum(keys[name] for name, record in records.items() if record is not None and record.state in old)


def _is_of_another(record: KeyRecord | None, key: KeyRecord) -> bool:
    """Whether a key is the active one of a tenant of its own, whose rows stay on it."""
    return record is not None and record.state is KeyState.ACTIVE and record.tenant not in ("", key.tenant)


def _unfit(session: Session, column: EncryptedColumn, task: Task) -> str:
    if task is Task.INDEX and column.follower is not None:
        follower = {"table": statements.table_of(column), "column": column.follower.name}
        if session.scalar(statements.TYPE_ON_POSTGRESQL, follower) != "bytea":
            raise Blocked(
                f"{column.table}.{column.follower.name} is no bytea column of the database (run: dbops migrate deploy)"
            )
    named = {"table": statements.table_of(column), "column": column.column}
    found = session.scalar(statements.TYPE_ON_POSTGRESQL, named)
    if found == "bytea":
        return ""
    if found is None:
        return f"{column.name} is not in the database (run: dbops migrate deploy)"
    return (
        f"{column.name} is of type {found}, and envelopes need bytea (in a migration: ALTER COLUMN"
        f" {statements.quoted(column.column)} TYPE bytea USING convert_to({statements.quoted(column.column)}, 'UTF8'))"
    )


_LEDGER = "SELECT pg_catalog.to_regclass('dbops.key_use') IS NOT NULL"


def _has_ledger(session: Session) -> bool:
    """Whether the programs of a database count there what their keys seal; on SQLite a file tells."""
    return session.dialect == "postgresql" and bool(session.scalar(_LEDGER))


def _refuse(plan: RewritePlan, request: RewriteRequest) -> RewritePlan:
    for name in request.forced:
        if name != RefusalName.MAY_WRITE.value:
            raise UsageError(f"--force {name!r} is no refusal of this (it is {RefusalName.MAY_WRITE.value})")
    if request.forced and not request.reason.strip():
        raise UsageError("--force needs a reason, which the journal keeps (--reason 'why it has to be')")
    standing, overridden = in_force(write_refusals(plan.environment), request.forced)
    if standing and not request.is_dry:
        raise PolicyRefused(f"{standing[0].message} (or override it: --force {standing[0].name.value} --reason TEXT)")
    return replace(plan, refusals=standing, overridden=overridden)
