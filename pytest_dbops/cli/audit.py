"""`dbops audit`: install an audit trail, seal it, verify it, show it, and erase what entries hold."""

from __future__ import annotations

import argparse
import getpass
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.audit.sealed import Waiting
    from pytest_dbops.operations.audit.install import InstallPlan
    from pytest_dbops.operations.audit.seal import Sealed
    from pytest_dbops.operations.audit.verify import TrailVerified

JSON = {
    "install": Shape(
        {
            "environment": "name of the environment",
            "tables": "the audited tables, partitions included",
            "statements": "what was run, or would be, in that order",
            "is_dry_run": "whether only a plan was made",
        }
    ),
    "seal": Shape(
        {
            "environment": "name of the environment",
            "batches": "how many were made",
            "entries": "how many were sealed",
            "head": "hash of the last batch: keep it elsewhere, and give it to verify --anchor",
            "waiting": "entries without a seal, and oldest_s, the age of the oldest in seconds",
            "partitions": "statements that made partitions of the log ahead",
            "is_dry_run": "whether nothing was written",
        }
    ),
    "verify": Shape(
        {
            "environment": "name of the environment",
            "is_whole": "whether nothing was found",
            "batches": "how many were verified",
            "seals": "how many were verified",
            "entries": "how many sealed entries were met",
            "erased": "how many of them lost what they held on record",
            "removed": "how many are gone with their month on record",
            "waiting": "entries without a seal, and oldest_s, the age of the oldest in seconds",
            "is_late": "whether one waits longer than [audit] seal_within_s",
            "head": "hash of the last batch",
            "faults": "the first 200: kind, subject, message",
            "counts": "number of all faults by kind",
        }
    ),
    "erase": Shape(
        {
            "environment": "name of the environment",
            "named": "how many entries were named",
            "erased": "how many of them lost what they held; the others held nothing, or are not there",
        }
    ),
    "expire": Shape(
        {
            "environment": "name of the environment",
            "before": "the first month that is kept",
            "months": "what was removed, or would be: month, first and last (ids), entries (how many)",
            "is_dry_run": "whether nothing was removed",
        }
    ),
    "show": Shape(
        {
            "id": "number of the entry",
            "tenant": "whose row it was",
            "at": "when, UTC",
            "transaction_id": "PostgreSQL's number of the transaction; null on SQLite",
            "actor": "who, as the application said",
            "request": "for which request, as the application said",
            "role": "login role; null on SQLite",
            "table_schema": "schema of the table",
            "table_name": "the table; of a partition that of its root",
            "operation": "INSERT, UPDATE, DELETE, TRUNCATE, ERASE or EXPIRE",
            "row_key": "primary key of the row as JSON text",
            "changed": "old and new values of what changed as JSON text; null once erased",
            "is_sealed": "whether a seal holds it",
        },
        is_list=True,
    ),
}
_INSTALL = """\
Makes the log, the functions and the triggers of [audit] tables, or what is
lacking of them, in one transaction; run again, it does nothing. Refused where
the policy lets nothing be written (exit 4). --dry-run prints the statements that
would be run, --sql all of them, for a migration.
"""
_SEAL = """\
Chains the entries of transactions that have ended, in batches, while others
write; run it by a timer, at least every [audit] seal_within_s. Prints the hash
of the last batch: kept elsewhere, it proves that nothing before it was rewritten.
Also makes the partitions of the log ahead.
"""
_VERIFY = """\
Reads the whole trail and holds every seal against the one before it and every
entry against its seal. What was edited, removed, put in or cut off is named
(exit 1). --anchor HASH also proves that a batch of that hash is in the chain.
"""
_ERASE = """\
Who, when, which row and which operation stay, and so do the seals: they hold
commitments to the values, not the values. The erasure is an entry of its own.
Refused where the policy lets nothing be removed (exit 4).
"""
_EXPIRE = """\
Removes sealed entries of whole months, and records it in the trail, which still
verifies. Dump what the law wants kept first. Without --before it keeps
[audit] keep_months. Refused where the policy lets nothing be removed (exit 4).
"""
_EXAMPLES = "examples:\n  dbops audit install --env staging --dry-run\n  dbops audit seal --env production"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=" | ".join(JSON), title="verbs")
    install = add_verb(verbs, "install", "make the log and the triggers", more=_INSTALL, epilog=_EXAMPLES)
    plan = install.add_mutually_exclusive_group()
    plan.add_argument("--dry-run", action="store_true", help="print the statements that are lacking; write nothing")
    plan.add_argument("--sql", action="store_true", help="print all statements, as for a database without a trail")
    seal = add_verb(verbs, "seal", "chain what was recorded", more=_SEAL)
    seal.add_argument("--dry-run", action="store_true", help="say what waits, and write nothing")
    seal.add_argument("--wait", type=_seconds, default=10.0, metavar="SECONDS",
                      help="for transactions that write now (default: 10)")  # fmt: skip
    verify = add_verb(verbs, "verify", "prove that nothing was changed since it was sealed", more=_VERIFY)
    verify.add_argument("--anchor", default="", metavar="HASH", help="a hash that `seal` printed before")
    erase = add_verb(verbs, "erase", "take the values out of entries, on record", more=_ERASE)
    erase.add_argument("--entry", type=_id, nargs="+", action="extend", required=True, metavar="ID",
                       help="numbers of the entries (see show)")  # fmt: skip
    erase.add_argument("--reason", required=True, metavar="TEXT", help="why; the trail keeps it")
    erase.add_argument("--actor", metavar="NAME", help="who the trail names (default: user@host)")
    expire = add_verb(verbs, "expire", "remove months that need not be kept, on record", more=_EXPIRE)
    expire.add_argument("--before", default="", metavar="MONTH", help="the first month that is kept, as in 2026-01")
    expire.add_argument("--reason", default="retention", metavar="TEXT", help="why; the trail keeps it")
    expire.add_argument("--actor", metavar="NAME", help="who the trail names (default: user@host)")
    expire.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    show = add_verb(verbs, "show", "show the newest entries")
    show.add_argument("--limit", type=_count, default=20, metavar="N", help="how many (default: 20)")
    for option, what in (("table", "of this table"), ("actor", "of this actor"), ("tenant", "of this tenant"),
                         ("request", "of this request")):  # fmt: skip
        show.add_argument(f"--{option}", metavar="NAME", help=f"only {what}")


def run(context: Context) -> int:
    """Do what was asked for."""
    context.start_logging(context.environment)
    return _VERBS[context.args.verb](context)


def _install(context: Context) -> int:
    from pytest_dbops.operations.audit.install import install, plan_install

    args = context.args
    if not (args.dry_run or args.sql):
        return _say_install(context, install(context.config, context.environment, progress=context.progress))
    plan = plan_install(context.config, context.environment, progress=context.progress, is_whole=args.sql)
    return _say_install(context, plan, is_dry=True)


def _say_install(context: Context, plan: InstallPlan, *, is_dry: bool = False) -> int:
    if context.is_json:
        context.say_json({
            "environment": plan.environment, "tables": plan.tables, "statements": plan.statements, "is_dry_run": is_dry,
        })  # fmt: skip
    elif is_dry:
        context.say("\n\n".join(f"{each};" for each in plan.statements) or "-- nothing is lacking")
    else:
        done = f"{len(plan.statements)} statements run" if plan.statements else "nothing to do"
        context.say(f"{plan.environment}: {len(plan.tables)} tables are audited, {done}")
    return 0


def _seal(context: Context) -> int:
    from pytest_dbops.operations.audit.seal import seal

    args = context.args
    done = seal(
        context.config, context.environment, progress=context.progress, wait_s=args.wait, is_dry=args.dry_run
    )  # fmt: skip
    if context.is_json:
        context.say_json(done)
        return 0
    _say_sealed(context, done)
    return 0


def _say_sealed(context: Context, done: Sealed) -> None:
    for statement in done.partitions:
        context.say(f"{'would run' if done.is_dry_run else 'ran'}: {' '.join(statement.split())}")
    if not done.is_dry_run:
        sealed, batches = _counted(done.entries, "entry", "entries"), _counted(done.batches, "batch", "batches")
        context.say(f"{done.environment}: {sealed} sealed in {batches}")
    context.say(f"waiting: {_waiting(done.waiting)}")
    context.say(f"head: {done.head}")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _waiting(waiting: Waiting) -> str:
    if not waiting.entries:
        return "no entry"
    return f"{_counted(waiting.entries, 'entry', 'entries')}, the oldest for {waiting.oldest_s:.0f} s"


def _verify(context: Context) -> int:
    from pytest_dbops.operations.audit.verify import verify

    done = verify(context.config, context.environment, progress=context.progress, anchor=context.args.anchor)
    if context.is_json:
        context.say_json(_told(done))
    else:
        _say_verified(context, done)
    return 0 if done.verified.is_whole else 1


def _told(done: TrailVerified) -> dict[str, object]:
    found = done.verified
    return {
        "environment": done.environment, "is_whole": found.is_whole, "batches": found.batches, "seals": found.seals,
        "entries": found.entries, "erased": found.erased, "removed": found.removed, "waiting": found.waiting,
        "is_late": done.is_late,
        "head": found.head, "faults": found.faults, "counts": {kind.value: count for kind, count in found.counts},
    }  # fmt: skip


def _say_verified(context: Context, done: TrailVerified) -> None:
    found = done.verified
    for fault in found.faults:
        context.say(f"{fault.kind.value}: {fault.message}")
    left = sum(count for _, count in found.counts) - len(found.faults)
    if left:
        context.say(f"... and {left} more")
    state = "holds" if found.is_whole else "DOES NOT HOLD"
    entries, seals = _counted(found.entries, "entry", "entries"), _counted(found.seals, "seal", "seals")
    context.say(
        f"{done.environment}: the trail {state}: {entries} in {seals} of {_counted(found.batches, 'batch', 'batches')},"
        f" {found.erased} erased and {found.removed} removed on record"
    )
    late = " (longer than [audit] seal_within_s: run dbops audit seal)" if done.is_late else ""
    context.say(f"waiting: {_waiting(found.waiting)}{late}")
    context.say(f"head: {found.head}")


def _erase(context: Context) -> int:
    from pytest_dbops.operations.audit.erase import erase

    args = context.args
    done = erase(
        context.config, context.environment, args.entry, reason=args.reason, progress=context.progress,
        actor=args.actor or f"{getpass.getuser()}@{socket.gethostname()}",
    )  # fmt: skip
    if context.is_json:
        context.say_json(done)
    else:
        context.say(f"{done.environment}: {done.erased} of {done.named} entries erased")
    return 0


def _expire(context: Context) -> int:
    from pytest_dbops.operations.audit.expire import expire

    args = context.args
    done = expire(
        context.config, context.environment, before=args.before, reason=args.reason, now=datetime.now(UTC),
        actor=args.actor or f"{getpass.getuser()}@{socket.gethostname()}", progress=context.progress,
        is_dry=args.dry_run,
    )  # fmt: skip
    if context.is_json:
        context.say_json(done)
        return 0
    for each in done.months:
        context.say(f"{each.month}: {each.entries} entries, {each.first} to {each.last}")
    total = sum(each.entries for each in done.months)
    what = "would be removed" if args.dry_run else "removed"
    context.say(f"{done.environment}: {total} entries before {done.before} {what}")
    return 0


def _show(context: Context) -> int:
    from pytest_dbops.operations.audit.show import show

    args = context.args
    given = {"table_name": args.table, "actor": args.actor, "tenant": args.tenant, "request": args.request}
    entries = show(
        context.config, context.environment, progress=context.progress, most=args.limit,
        narrowed={name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
    if context.is_json:
        names = [name for name in JSON["show"].keys if name != "is_sealed"]
        context.say_json([
            {**{name: getattr(each.entry, name) for name in names}, "is_sealed": each.is_sealed} for each in entries
        ])  # fmt: skip
        return 0
    from pytest_dbops.cli.terminal import paint_for, table

    rows = [("ID", "AT", "ACTOR", "OPERATION", "TABLE", "KEY", "CHANGED", "SEALED")]
    rows += [
        (str(each.entry.id), each.entry.at[:19], each.entry.actor or each.entry.role or "-", each.entry.operation,
         each.entry.table_name, each.entry.row_key or "-", _short(each.entry.changed),
         "yes" if each.is_sealed else "no")
        for each in entries
    ]  # fmt: skip
    if entries:
        context.say(table(rows, paint=paint_for(sys.stdout)))
        return 0
    from pytest_dbops.config.resolve import find_environment

    name = find_environment(context.config, context.environment).name
    of = ", ".join(f"{key.removesuffix('_name')} {value!r}" for key, value in given.items() if value is not None)
    context.say(f"{name}: no entries{f' of {of}' if of else ''}")
    return 0


_VERBS: Mapping[str, Callable[[Context], int]] = {
    "install": _install,
    "seal": _seal,
    "verify": _verify,
    "erase": _erase,
    "expire": _expire,
    "show": _show,
}


def _short(changed: str | None) -> str:
    if changed is None:
        return "(erased)"
    return changed if len(changed) <= 60 else f"{changed[:57]}..."


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to 86400")
    return value


def _id(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) < 1 << 63:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of an entry")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 100000")
    return int(text)
