"""`dbops compliance`: prove what is encrypted, and see with which keys."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli import encrypting
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import REPORT, Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.encryption import KeyRecord
    from pytest_dbops.operations.encryption.key_edits import KeyEdit

JSON = {
    "validate-encryption": Shape(
        {**REPORT.keys, "fixed": "what --fix has done, with the keys of `rotate-key`; null without it"}
    ),
    "rotate-key": encrypting.JSON,
    "encrypt-column": encrypting.JSON,
    "mark": Shape(
        {
            "environment": "name of the environment",
            "written": "encrypted columns whose marks were written, or would be by a dry run",
            "removed": "columns whose marks were taken out",
        }
    ),
    "keys": Shape(
        {
            "id": "8 hex digits, made of the key; empty for one that is not pinned and cannot be read here",
            "name": "how [[key]] calls it",
            "purpose": "data or blind-index",
            "state": "pre-active, active, retired, compromised or destroyed",
            "tenant": "whose rows it seals; empty for all that have no key of their own",
            "created": "day, or null",
            "activated": "day, or null",
            "retired": "day, or null",
        },
        is_list=True,
    ),
}
_VALIDATE = """\
Opens every field of every encrypted column of the models, and says of each what
it is: sound, on a retired key, plaintext, cut, changed, moved, on an unknown
key. The same checks as `dbops health --category encryption`: the target is only
read. Rows are named by primary key; no value is ever shown.

--fix first mends what needs no guess, online and in batches: it seals plaintext,
seals anew what is on retired and compromised keys, and makes blind indexes that
are missing or wrong. What is cut, changed or moved, or on an unknown key, is left
as it is and told. With --dry-run it prints what it would mend, as rotate-key
does, and nothing is validated. --backup copies the whole database first, and reads
it back, as rotate-key does; nothing is mended where that fails.
"""
_MARK = """\
Writes into the tool's own table of the database which columns are encrypted, and
how, as the models say: a gate that has no models goes by it. `migrate deploy`,
`seed`, `encrypt-column`, `rotate-key` and `--fix` do the same by the way. Marks of
columns that are gone are taken out. One of a column that no model encrypts any
more stays until --forget names it, since it may hold sealed fields.
"""
_KEYS = """\
`list` shows the keys of [[key]], or ENCRYPTION_KEY, with their ids, which can be
pinned there: `id = "..."`. Keys that cannot be read here are listed as far as
the file tells of them. `table` prints the statements that make the table in which
programs count what their keys have sealed; it connects nowhere.

`add` writes a [[key]] with a --source, active at once where its purpose has none,
else pre-active. `retire` says of an active key that it only opens from now on, and
makes its pre-active successor the active one. `destroy` takes away the source of a
retired key; it is refused while a field is on it. All three edit dbops.toml and
print what they write.
"""
_EXAMPLES = """\
examples:
  dbops compliance validate-encryption --env staging
  dbops compliance validate-encryption --env staging --fix
  dbops compliance rotate-key --env production --new-key env:FIELD_KEY_2027 --dry-run
  dbops compliance mark --env staging
  dbops compliance keys list --env production
  dbops compliance keys table --role shop_app | psql "$OWNER_URL"
"""
_ACTIONS = ("list", "table", "add", "retire", "destroy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=" | ".join(JSON), title="verbs")
    validate = add_verb(verbs, "validate-encryption", "open every stored field of every encrypted column",
                        more=_VALIDATE, epilog=_EXAMPLES)  # fmt: skip
    validate.add_argument("--cost", default="full", choices=("sample", "full"),
                          help="sample: 100 000 rows a table; full (default): all")  # fmt: skip
    validate.add_argument("--fix", action="store_true", help="first mend what needs no guess")
    encrypting.add_options(validate, org="with --fix: mend the rows of this tenant only")
    encrypting.add_verbs(verbs)
    mark = add_verb(verbs, "mark", "write which columns are encrypted into the database", more=_MARK)
    mark.add_argument(
        "--forget", action="append", default=[], metavar="TABLE.COLUMN",
        help="take out the mark of a column that no model encrypts any more; may be given again",
    )  # fmt: skip
    mark.add_argument("--dry-run", action="store_true", help="print what would change, and touch nothing")
    keys = add_verb(verbs, "keys", "show the keys, or make what counts their use", more=_KEYS, epilog=_EXAMPLES)
    keys.add_argument("action", choices=_ACTIONS, help="what to do")
    keys.add_argument("name", nargs="?", default="", metavar="NAME", help="with add, retire, destroy: the key's name")
    keys.add_argument("--source", default="", metavar="REF",
                      help="with add: env:NAME, file:PATH or cmd:COMMAND; never a key")  # fmt: skip
    keys.add_argument("--purpose", action="append", default=[], choices=("data", "blind-index"),
                      help="with add: what it is for (default: data)")  # fmt: skip
    keys.add_argument("--tenant", default="", metavar="ID", help="with add: the tenant whose rows it seals")
    keys.add_argument("--dry-run", action="store_true", help="with add, retire, destroy: print the edit alone")
    keys.add_argument("--role", default="PUBLIC", metavar="NAME",
                      help="with table: the role that seals (default: PUBLIC, which is everybody)")  # fmt: skip


def run(context: Context) -> int:
    """Do what was asked for."""
    if context.args.verb == "validate-encryption":
        return _validate(context)
    if context.args.verb in encrypting.VERBS:
        return encrypting.run(context)
    if context.args.verb == "mark":
        return _mark(context)
    actions = {"list": _list, "table": _table}
    return actions.get(context.args.action, _edit)(context)


def _validate(context: Context) -> int:
    from pytest_dbops.cli.health import print_report
    from pytest_dbops.core.check import Cost
    from pytest_dbops.operations.aside import descriptor_aside
    from pytest_dbops.operations.health import check_health

    chosen_format, fixed = context.format, None
    if context.args.fix:
        fixed = encrypting.fix(context)
        if context.args.dry_run:
            return 0
    else:
        encrypting.refuse_options_of_fix(context)
    request = context.request(cost=Cost(context.args.cost))
    with descriptor_aside():
        report, _ = check_health(request, categories=["encryption"], progress=context.progress)
    return print_report(context, report, chosen_format, more={"fixed": fixed})


def _mark(context: Context) -> int:
    from pytest_dbops.operations.encryption.marks import mark_environment

    context.start_logging(context.environment)
    args = context.args
    marked = mark_environment(
        context.config, context.environment, forgotten=args.forget, is_dry=args.dry_run, progress=context.progress
    )  # fmt: skip
    name, changes = marked.environment.name, marked.changes
    if context.is_json:
        context.say_json({"environment": name, "written": changes.written, "removed": changes.removed})
        return 0
    if not (changes.written or changes.removed):
        context.say(f"{name}: all encrypted columns are marked; nothing was changed")
    for verb, columns in (("marked", changes.written), ("mark taken out", changes.removed)):
        for each in columns:
            context.say(f"{name}: {verb}{' (dry run)' if args.dry_run else ''}: {each}")
    return 0


def _list(context: Context) -> int:
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.core.errors import NothingToCheck
    from pytest_dbops.operations.encryption.keyring import told_keys

    environment = find_environment(context.config, context.environment)
    records, problem = told_keys(context.config, environment)
    if not records:
        raise NothingToCheck(problem)
    if context.is_json:
        context.say_json([_plain(record) for record in records])
    else:
        context.say(_as_table(records))
        if problem:
            context.say(f"not read here: {problem}")
    return 0


def _table(context: Context) -> int:
    from pytest_dbops.operations.encryption.keyring import key_use_statements

    statements = key_use_statements(context.args.role)
    if context.is_json:
        context.say_json(list(statements))
    else:
        context.say("\n".join(f"{each};" for each in statements))
    return 0


def _edit(context: Context) -> int:
    from datetime import UTC, datetime

    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.core.encryption import Purpose
    from pytest_dbops.core.errors import UsageError
    from pytest_dbops.operations.encryption import key_edits

    args, config, today = context.args, context.config, datetime.now(UTC).date()
    environment = find_environment(config, context.environment)
    if not args.name:
        raise UsageError(f"keys {args.action} takes the name of a key")
    if bool(args.source) != (args.action == "add"):
        raise UsageError("--source goes with keys add, which needs it")
    if args.action == "add":
        purposes = tuple(Purpose(each) for each in args.purpose or ["data"])
        edit = key_edits.add_key(
            config, environment, args.name, args.source, purposes=purposes, tenant=args.tenant, today=today
        )  # fmt: skip
    elif args.action == "retire":
        edit = key_edits.retire_key(config, environment, args.name, today=today, progress=context.progress)
    else:
        edit = key_edits.destroy_key(config, environment, args.name, progress=context.progress)
    if edit.text and not args.dry_run:
        key_edits.write_edit(edit)
    if context.is_json:
        return _edited_json(context, edit)
    if not edit.text:
        context.say(f"{edit.file.name} cannot be edited so that all else surely stays; write this into it:")
    elif not args.dry_run:
        context.say(f"written to {edit.file.name}:")
    context.say("\n".join(edit.told))
    return 0 if edit.text else 1


def _edited_json(context: Context, edit: KeyEdit) -> int:
    """Print the keys as they are now."""
    import os

    from pytest_dbops.config.load import load_config
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.core.errors import Blocked
    from pytest_dbops.operations.encryption.keyring import known_keys

    if not edit.text:
        raise Blocked(f"{edit.file.name} cannot be edited safely; write this into it: {'; '.join(edit.told)}")
    config = load_config(context.config_file, variables=os.environ, mask=context.mask)
    records = known_keys(config, find_environment(config, context.environment)).records
    context.say_json([_plain(record) for record in records])
    return 0


def _plain(record: KeyRecord) -> dict[str, object]:
    days = {name: getattr(record, name) for name in ("created", "activated", "retired")}
    told = {name: str(getattr(record, name)) for name in ("id", "name", "purpose", "state", "tenant")}
    return told | {name: day.isoformat() if day else None for name, day in days.items()}


def _as_table(records: tuple[KeyRecord, ...]) -> str:
    rows = [("id", "name", "purpose", "state", "since", "tenant"), *map(_row, records)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = ((f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _row(record: KeyRecord) -> tuple[str, ...]:
    since = (record.retired if record.state == "retired" else None) or record.activated or record.created
    return record.id or "-", record.name, record.purpose, record.state, str(since or "-"), record.tenant or "-"
