"""`dbops seed`: fill a database with the project's seeders, take their rows away, and see what is there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.errors import DbopsError
    from pytest_dbops.core.seed_request import SeedRequest
    from pytest_dbops.core.seeded import SeederResult
    from pytest_dbops.operations.seeding.seed import Seeded

_RESULT = Shape(
    {
        "environment": "name of the environment",
        "size": "minimal, demo or load",
        "organizations": "numbers of the organizations that were asked for",
        "seed": "the integer that makes the rows reproducible",
        "seeders": "in the order of running: name, created (rows by table), rows, removed, skipped (organizations whose"
        " rows were there), seconds, errors",
        "is_dry_run": "whether only a plan was made; then seeders have: seeder, fill, current, other (organizations)",
        "problem": "what ended it before its end; null when nothing did",
    }
)
JSON = {
    "all": _RESULT,
    "org": _RESULT,
    "clean": _RESULT,
    "validate": Shape({"environment": "name of the environment", "problems": "one line each; empty when all fit"}),
    "status": Shape(
        {
            "seeder": "its name",
            "version": "its version in the code; 0 when only the ledger knows it",
            "organizations": "numbers of those it filled; 0 stands for the whole database",
            "versions": "of the rows that are there",
            "seeds": "the integers they were made from",
            "rows": "how many it made",
            "at": "when it last did",
        },
        is_list=True,
    ),
    "list": Shape(
        {
            "name": "its name",
            "tables": "what it fills, in that order",
            "depends_on": "seeders that must have run",
            "version": "of its rows",
            "scope": "database, or organization: called once for each",
            "is_reference": "whether every environment has its rows",
            "description": "the first line of its docstring",
            "has_clean": "whether its rows can be taken away again",
        },
        is_list=True,
    ),
}
_ALL = """\
Each seeder runs in one transaction, after those it needs. What the ledger has
(dbops.seeded) is passed over, so that a second run does nothing. Rows of another
version, seed or size are refused; --clean takes them away first. The schema is
judged before a row is written. A production environment is refused, and a
database that does not say which environment it is (exit 4; --mark marks it).
"""
_CLEAN = """\
Takes away what the ledger has, in the reverse order of the seeders, in one
transaction. Refused where the policy lets nothing be removed (exit 4), and when
a seeder has no way to clean (exit 1). Rows of others that refer to seeded ones
stand in the way, and are named.
"""
_EXAMPLES = "examples:\n  dbops seed all --env development\n  dbops seed all --env staging --demo --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=" | ".join(JSON), title="verbs")
    every = add_verb(verbs, "all", "run all seeders for all organizations of a size", more=_ALL, epilog=_EXAMPLES)
    one = add_verb(verbs, "org", "run all seeders for one organization", more=_ALL)
    one.add_argument("id", type=_number, metavar="ID", help="its number, from 1")
    for verb in (every, one):
        add_amount(verb)
        verb.add_argument("--clean", action="store_true", help="take away first what seeders left")
        verb.add_argument("--mark", action="store_true", help="mark an unmarked database as this environment's")
        verb.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    clean = add_verb(verbs, "clean", "take away what seeders left", more=_CLEAN)
    clean.add_argument("--org", type=_number, metavar="ID", help="only of this organization")
    add_verb(verbs, "validate", "say which seeders do not fit the database's schema")
    add_verb(verbs, "status", "say what the ledger has of each seeder")
    add_verb(verbs, "list", "list the project's seeders in the order they run; connects nowhere")


def add_amount(verb: argparse.ArgumentParser) -> None:
    """Add the options that say how much, and from which seed."""
    verb.add_argument("--size", metavar="NAME", help="minimal, demo or load (default: as the environment's policy)")
    verb.add_argument("--demo", action="store_true", help="the same as --size demo")
    verb.add_argument("--seed", type=int, default=1, metavar="N", help="what random rows are made from (default: 1)")


def run(context: Context) -> int:
    """Do what was asked for."""
    context.start_logging(context.environment)
    return _VERBS[context.args.verb](context)


def request_of(context: Context, organizations: tuple[int, ...] = ()) -> SeedRequest:
    """Return what the command line and the environment's policy ask for; raises UsageError for contradictions."""
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.core.seed_request import SeedRequest

    args = context.args
    if args.demo and args.size not in (None, "demo"):
        raise UsageError(f"--demo and --size {args.size} contradict each other")
    if args.size or args.demo:
        return SeedRequest(args.size or "demo", organizations, args.seed)
    from pytest_dbops.operations.seeding.policy import request_by_policy

    environment = find_environment(context.config, context.environment)
    return request_by_policy(environment, organizations=organizations, seed=args.seed)


def say_seeded(context: Context, seeded: Seeded) -> int:
    """Print what became of each seeder; raises what ended it before its end."""
    if context.is_json:
        context.say_json(_head(seeded.environment, seeded.request, [_told(each) for each in seeded.results]) | {
            "is_dry_run": False, "problem": str(seeded.problem) if seeded.problem else None,
        })  # fmt: skip
    else:
        context.say(f"{seeded.environment}: size {seeded.request.size}, seed {seeded.request.seed}")
        if seeded.results:
            context.say(_table(seeded.results))
        total = sum(each.rows for each in seeded.results)
        removed = sum(each.removed for each in seeded.results)
        context.say(f"{total} rows made{f', {removed} removed' if removed else ''}" + _nothing(seeded))
    if seeded.problem is not None:
        raise seeded.problem
    return 0


def _all(context: Context, organizations: tuple[int, ...] = ()) -> int:
    from pytest_dbops.operations.seeding.seed import Action, ask_environment, seed_environment

    request = request_of(context, organizations)
    if context.args.dry_run:
        told = ask_environment(
            context.config, context.environment, request, Action.PLAN, progress=context.progress
        )  # fmt: skip
        return _say_plan(context, request, told["plan"])
    action = Action.RENEW if context.args.clean else Action.FILL
    seeded = seed_environment(
        context.config, context.environment, request, progress=context.progress, action=action,
        will_mark=context.args.mark,
    )  # fmt: skip
    code = say_seeded(context, seeded)
    if not seeded.results:
        raise _no_seeder(context)
    return code


def _org(context: Context) -> int:
    return _all(context, (context.args.id,))


def _clean(context: Context) -> int:
    from pytest_dbops.core.seed_request import SeedRequest
    from pytest_dbops.operations.seeding.seed import Action, seed_environment

    chosen = () if context.args.org is None else (context.args.org,)
    request = SeedRequest(organizations=chosen)
    return say_seeded(
        context,
        seed_environment(
            context.config, context.environment, request, progress=context.progress, action=Action.CLEAN
        ),
    )  # fmt: skip


def _validate(context: Context) -> int:
    from pytest_dbops.core.seed_request import SeedRequest
    from pytest_dbops.operations.seeding.seed import Action, ask_environment

    told = ask_environment(
        context.config, context.environment, SeedRequest(), Action.VALIDATE, progress=context.progress
    )  # fmt: skip
    if context.is_json:
        context.say_json({"environment": _name(context), "problems": told["problems"]})
    else:
        for line in told["problems"]:
            context.say(line)
        context.say(f"{_name(context)}: {len(told['problems']) or 'no'} problems")
    if not told["number"]:
        raise _no_seeder(context)
    return 1 if told["problems"] else 0


def _status(context: Context) -> int:
    from pytest_dbops.core.seed_request import SeedRequest
    from pytest_dbops.operations.seeding.seed import Action, ask_environment

    told = ask_environment(
        context.config, context.environment, SeedRequest(), Action.STATUS, progress=context.progress
    )  # fmt: skip
    if context.is_json:
        context.say_json(told["seeders"])
        return 0
    rows = [("SEEDER", "STATE", "ORGANIZATIONS", "ROWS", "SEED", "AT")]
    rows += [
        (each["seeder"], _state(each), str(len(each["organizations"]) or "-"), str(each["rows"]),
         ", ".join(map(str, each["seeds"])), each["at"][:19])
        for each in told["seeders"]
    ]  # fmt: skip
    context.say(_aligned(rows))
    return 0


def _list(context: Context) -> int:
    from pytest_dbops.operations.seeding.seed import list_seeders

    seeders = list_seeders(context.config, progress=context.progress)
    if context.is_json:
        context.say_json(seeders)
        return 0
    rows = [("SEEDER", "SCOPE", "VERSION", "CLEANS", "TABLES", "NEEDS")]
    rows += [
        (each["name"], each["scope"], str(each["version"]), "yes" if each["has_clean"] else "no",
         ", ".join(each["tables"][:3]) + (", ..." if len(each["tables"]) > 3 else ""), ", ".join(each["depends_on"]))
        for each in seeders
    ]  # fmt: skip
    context.say(_aligned(rows))
    return 0


_VERBS: Mapping[str, Callable[[Context], int]] = {
    "all": _all,
    "org": _org,
    "clean": _clean,
    "validate": _validate,
    "status": _status,
    "list": _list,
}


def _say_plan(context: Context, request: SeedRequest, plan: Sequence[Mapping[str, Any]]) -> int:
    if context.is_json:
        context.say_json(_head(_name(context), request, list(plan)) | {"is_dry_run": True, "problem": None})
        return 0
    context.say(f"{_name(context)}: size {request.size}, seed {request.seed}; nothing was written")
    rows = [("SEEDER", "FILLS", "PASSES OVER", "FINDS OTHER ROWS")]
    rows += [(each["seeder"], str(each["fill"]), str(each["current"]), str(each["other"])) for each in plan]
    context.say(_aligned(rows))
    return 0


def _head(environment: str, request: SeedRequest, seeders: list[Any]) -> dict[str, object]:
    return {
        "environment": environment,
        "size": request.size,
        "organizations": list(request.wanted),
        "seed": request.seed,
        "seeders": seeders,
    }


def _told(result: SeederResult) -> dict[str, object]:
    return {
        "name": result.name, "created": dict(result.created), "rows": result.rows, "removed": result.removed,
        "skipped": result.skipped, "seconds": round(result.seconds, 3), "errors": [],
    }  # fmt: skip


def _table(results: Sequence[SeederResult]) -> str:
    rows = [("SEEDER", "ROWS", "REMOVED", "PASSED OVER", "SECONDS")]
    rows += [
        (each.name, str(each.rows), str(each.removed), str(each.skipped), f"{each.seconds:.2f}") for each in results
    ]
    return _aligned(rows)


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    from pytest_dbops.cli.terminal import paint_for, table

    return table(rows, paint=paint_for(sys.stdout))


def _nothing(seeded: Seeded) -> str:
    is_done = seeded.problem is None and not any(each.rows or each.removed for each in seeded.results)
    return ": nothing to do" if is_done else ""


def _no_seeder(context: Context) -> DbopsError:
    from pytest_dbops.core.errors import NothingToCheck

    folder = context.config.project.seeders
    return NothingToCheck(f"no function in {folder!r} is a seeder (decorate one: @seeder(NAME, tables=(...)))")


def _state(each: Mapping[str, Any]) -> str:
    if not each["organizations"]:
        return "not filled"
    if not each["version"]:
        return "no longer in the code"
    return "current" if each["versions"] == [each["version"]] else "of another version"


def _name(context: Context) -> str:
    from pytest_dbops.config.resolve import find_environment

    return find_environment(context.config, context.environment).name


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000000")
    return int(text)
