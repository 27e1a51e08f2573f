"""The verbs of `dbops compliance` that seal stored fields anew, and `--fix`, which does so before it validates."""

from __future__ import annotations

import argparse
import getpass
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import add_policy
from pytest_dbops.cli.parsing import add_verb, seconds
from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.encryption.rewrite_plan import RewritePlan, RewriteRequest
    from pytest_dbops.operations.encryption.rewriting import Rewritten

VERBS = ("rotate-key", "encrypt-column")
JSON = Shape(
    {
        "environment": "name of the environment",
        "database": "name of the database, or the file",
        "task": "what is done",
        "key": "id of the key of a rotation, or null",
        "planned": "by column: column, rows, todo (fields known to be sealed anew), keys (fields by key id), plain",
        "left_out": "columns that are not looked at, with why, a line each",
        "refusals": "of a dry run: what the policy would have against it, a line each",
        "overridden": "names of the refusals that were overridden",
        "run": "id under which the journal has it; empty where nothing was done",
        "columns": "what became of each: column, sealed, left (fields by verdict), offenders, busy",
        "problem": "what the run fell short of; null when every field is as it should be",
        "backup": "with --backup: name (the file), finished_at, size_bytes, is_encrypted, verified_at; else null",
    }
)
_OF_BACKUP = ("name", "finished_at", "size_bytes", "is_encrypted", "verified_at")
_LARGEST_BATCH = 1_000_000
_BACKUP = """\
--backup copies the whole database first: pg_dump as of one snapshot, restored on a
scratch server, or SQLite's backup interface. Where that cannot be done, or what
was read back is not what was there, nothing is begun. The file is not encrypted.
"""
_ROTATE = f"""\
Opens each field that is on another key and seals it with the new one, online:
batches in the order of the primary key, each a transaction of its own, that only
replaces fields which are still what was read. Rows that others have locked are
come back to. The new key is one of [[key]] already, active or pre-active, so that
whoever reads can open what it seals; all keys are valid meanwhile. A run that is
ended is resumed by the next: what is done tells so itself.

{_BACKUP}
With a key of blind indexes it fills the columns that follow others in the models
(BlindIndex(..., follows=...)), compares all, and makes them unique where the model
does. Programs ask these columns as soon as that key is active.
"""
_ENCRYPT = f"""\
Seals a column of the models that still holds plaintext, and fills its blind
index, in place and online, as rotate-key does. On PostgreSQL the column has to be
bytea. Readers must be able to meet both until it is done.

{_BACKUP}Its plaintext is in that file too: remove it when it is not needed any more.
"""
_EXAMPLES = """\
examples:
  dbops compliance rotate-key --env production --new-key env:FIELD_KEY_2027 --dry-run
  dbops compliance rotate-key --env production --new-key 2027 --org 7
  dbops compliance encrypt-column customer.iban --env staging

exit codes: 0 every field is as it should be, 1 fields were left as they are,
3 fields were busy each time, or the database was lost, 4 refused by policy
"""


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add rotate-key and encrypt-column."""
    rotate = add_verb(verbs, "rotate-key", "move stored fields to another key, online", more=_ROTATE, epilog=_EXAMPLES)
    rotate.add_argument("--new-key", required=True, metavar="REF",
                        help="env:NAME, file:PATH or cmd:COMMAND, or a name of [[key]]; never a key")  # fmt: skip
    rotate.add_argument("--purpose", choices=("data", "blind-index"),
                        help="of a key for both, what is rotated (default: data)")  # fmt: skip
    add_options(rotate, org="move the rows of this tenant only")
    encrypt = add_verb(verbs, "encrypt-column", "seal a column of plaintext, online", more=_ENCRYPT, epilog=_EXAMPLES)
    encrypt.add_argument("column", metavar="TABLE.COLUMN", help="a column of an encrypted type in the models")
    add_options(encrypt, org="seal the rows of this tenant only")


def add_options(verb: argparse.ArgumentParser, *, org: str) -> None:
    """Add what all of these have in common."""
    verb.add_argument("--org", default="", metavar="ID", help=org)
    verb.add_argument("--dry-run", action="store_true", help="print the plan, and touch nothing")
    verb.add_argument(
        "--backup", nargs="?", const="", metavar="FOLDER",
        help="first copy the whole database into a file, and read it back (default: .dbops/backups)",
    )  # fmt: skip
    verb.add_argument("--batch", dest="batch_rows", type=_batch, metavar="ROWS",
                      help="rows of one transaction (default: 20000)")  # fmt: skip
    verb.add_argument("--wait", dest="wait_s", type=seconds, metavar="SECONDS",
                      help="for a deploy or another run to end (default: 60)")  # fmt: skip
    verb.add_argument("--lock-timeout", dest="lock_s", type=seconds, metavar="SECONDS",
                      help="for a lock (default: lock_timeout_s of the environment)")  # fmt: skip
    add_policy(verb)


def run(context: Context) -> int:
    """Do what is asked for, or show what would be done."""
    from pytest_dbops.operations.encryption.rewrite_plan import Task

    task = Task.ROTATE if context.args.verb == "rotate-key" else Task.ENCRYPT
    done = _done(context, _request(context, task))
    if context.is_json:
        context.say_json(_json(done))
    else:
        _say(context, done)
    if done.shortfall is not None:
        raise done.shortfall
    return 0


def fix(context: Context) -> Mapping[str, object]:
    """Mend before a validation, whose report tells what is left; raises what ended it before its end.

    Returns what was done, as JSON has it; a dry run, and all for people, is printed here.
    """
    from pytest_dbops.operations.encryption.rewrite_plan import Task

    done = _done(context, _request(context, Task.FIX))
    if not context.is_json:
        _say(context, done)
    elif context.args.dry_run:
        context.say_json(_json(done))
    if done.problem is not None:
        raise done.problem
    return _json(done)


def refuse_options_of_fix(context: Context) -> None:
    """Raise UsageError for an option that means nothing without --fix."""
    args = context.args
    given = {name: getattr(args, name) for name in ("org", "dry_run", "batch_rows", "wait_s", "lock_s", "force")}
    for name, value in (*given.items(), ("backup", args.backup is not None)):
        if value:
            option = {"batch_rows": "batch", "wait_s": "wait", "lock_s": "lock-timeout"}.get(name, name)
            raise UsageError(f"--{option.replace('_', '-')} goes with --fix; a validation reads all and writes nothing")


def _request(context: Context, task: object) -> RewriteRequest:
    from pytest_dbops.core.encryption_terms import Purpose
    from pytest_dbops.operations.encryption.rewrite_plan import RewriteRequest

    context.start_logging(context.environment)
    args = context.args
    names = ("new_key", "column", "batch_rows", "wait_s", "lock_s")
    given = {name: value for name in names if (value := getattr(args, name, None)) is not None}
    if getattr(args, "purpose", None):
        given["purpose"] = Purpose(args.purpose)
    return RewriteRequest(
        context.environment, datetime.now(UTC), task, args.actor or f"{getpass.getuser()}@{socket.gethostname()}",  # type: ignore[arg-type]
        org=args.org, forced=tuple(args.force), reason=args.reason, is_dry=args.dry_run, **given,
    )  # fmt: skip


def _done(context: Context, request: RewriteRequest) -> Rewritten:
    from pytest_dbops.operations.encryption.rewrite_plan import plan_rewrite
    from pytest_dbops.operations.encryption.rewriting import Rewritten, apply_rewrite

    plan = plan_rewrite(context.config, request, progress=context.progress)
    if request.is_dry:
        return Rewritten(plan, "", ())
    backups = None
    if context.args.backup is not None and plan.has_work:
        from pytest_dbops.operations.encryption.backup import FOLDER, VerifiedCopies

        folder = Path(context.args.backup) if context.args.backup else context.config.root / FOLDER
        backups = VerifiedCopies(context.config, plan.environment, plan.all_columns, folder.absolute())
    return apply_rewrite(request, plan, progress=context.progress, backups=backups)


def _json(done: Rewritten) -> dict[str, object]:
    plan = done.plan
    return {
        "environment": plan.environment.name, "database": plan.identity.database, "task": plan.task,
        "key": plan.key.id if plan.key else None,
        "planned": [
            {"column": each.name, "rows": each.rows, "todo": each.todo, "keys": each.keys, "plain": each.plain}
            for each in plan.columns
        ],
        "left_out": plan.left_out, "refusals": [each.message for each in plan.refusals],
        "overridden": [each.name for each in plan.overridden], "run": done.run,
        "columns": [
            {"column": each.column, "sealed": each.sealed, "left": dict(each.left), "offenders": each.offenders,
             "busy": each.busy}
            for each in done.columns
        ],
        "problem": str(done.shortfall) if done.shortfall else None,
        "backup": done.backup and {name: getattr(done.backup, name) for name in _OF_BACKUP},
    }  # fmt: skip


def _say(context: Context, done: Rewritten) -> None:
    from pytest_dbops.cli.migrations.deploying import say_refused

    plan = done.plan
    key = f" to key {plan.key.id} ({plan.key.name})" if plan.key else ""
    named = f", run {done.run}" if done.run else ""
    where = f"{plan.environment.name}: {plan.identity.database} on {plan.identity.host}"
    if not plan.has_work:
        context.say(f"{where}: nothing to do, {_all_done(plan)}; nothing was changed")
        return
    context.say(f"{where}, {plan.task.value}{key}{named}")
    if done.backup is not None:
        context.say(f"copied to {done.backup.name}, {done.backup.size_bytes} bytes, and read back")
    for each in plan.overridden:
        context.say(f"overridden {each.name.value}: {each.message}")
    say_refused(context, plan.refusals)
    ended = {each.column: each for each in done.columns}
    for planned in plan.columns:
        if planned.name in ended:
            one = ended[planned.name]
            left = "".join(f", {number} {verdict.value}" for verdict, number in one.left)
            busy = f", {one.busy} held by others" if one.busy else ""
            done_to = "indexed" if plan.task.value.endswith("blind-index") else "sealed"
            context.say(f"  {planned.name:<30} {one.sealed} {done_to}{left}{busy}")
        elif not done.run:
            keys = "".join(f", {number} on {name}" for name, number in planned.keys.items())
            plain = f", {planned.plain} plaintext" if planned.plain else ""
            context.say(f"  {planned.name:<30} {planned.todo} of {planned.rows} rows to be sealed{plain}{keys}")
    for line in plan.left_out:
        context.say(f"left out   {line}")
    if plan.key is not None and plan.key.purpose == "blind-index":
        if done.run and done.shortfall is None and plan.key.state == "pre-active":
            context.say(
                f"programs ask these indexes once key {plan.key.id} is active (run: dbops compliance keys retire; roll"
                " it out; then take the old columns out of the models and the database)"
            )
        return
    if plan.key is not None and plan.key.state == "pre-active":
        context.say(
            f"key {plan.key.id} is pre-active: programs still seal with the active one (run: dbops compliance keys"
            " retire OLD; roll it out; rotate once more)"
        )


def _all_done(plan: RewritePlan) -> str:
    if plan.key is not None:
        return f"all fields are on key {plan.key.id} ({plan.key.name}) already"
    return "no field is plaintext" + ("" if plan.task.value == "encrypt-column" else ", or on a retired key")


def _batch(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_BATCH:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows from 1 to {_LARGEST_BATCH}")
    return int(text)
