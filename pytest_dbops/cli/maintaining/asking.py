"""What the verbs of maintenance share: their options, and the request that they make of them."""

from __future__ import annotations

import argparse
import getpass
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.maintaining.plan import MaintenanceRequest


def add_choice(verb: argparse.ArgumentParser) -> None:
    """Add the options that choose among the steps."""
    verb.add_argument("--task", dest="tasks", action="append", default=[], metavar="NAME",
                      help="only this kind of step, as in vacuum; may be given again")  # fmt: skip
    verb.add_argument("--cost", default="full", choices=("catalog", "sample", "full"),
                      help="most a check may read: catalog (no table data), sample, or full (default)")  # fmt: skip


def request_of(context: Context) -> MaintenanceRequest:
    """Return what the command line asks for; logs go where `[logging]` says from here on."""
    from pytest_dbops.core.check import Cost
    from pytest_dbops.operations.maintaining.plan import MaintenanceRequest

    context.start_logging(context.environment)
    args = context.args
    given = {name: getattr(args, name, None) for name in ("budget_s", "wait_s", "lock_s", "concurrent_s", "attempts")}
    return MaintenanceRequest(
        context.environment, datetime.now(UTC),
        getattr(args, "actor", None) or f"{getpass.getuser()}@{socket.gethostname()}",
        tasks=tuple(args.tasks), cost=Cost(args.cost), forced=tuple(getattr(args, "force", ())),
        reason=getattr(args, "reason", ""), is_dry=getattr(args, "dry_run", False),
        **{name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
