"""BAK013."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.deploy.deploys import Deploys
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity


@check(
    "BAK013",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"before_hours": 0},
)
def no_backup_since_deploy(
    backups: BackupCatalog, deploys: Deploys, environment: Environment, settings: Settings
) -> Iterator[Finding]:
    """No backup was made since the last deploy began.

    All that can be restored is of the schema before it, and of the rows before it: the code that was released does not
    run on that, and what was written since is lost. When a deploy began is read from its journal in the database. A
    backup counts if its snapshot was taken after that, as one is that the deploy itself makes before it migrates; with
    `before_hours` one also counts whose snapshot is at most so much older.

    Make one now. Make it a part of the deploy, between taking its lock and the first revision.
    """
    if not deploys.deploys:
        raise DoesNotApply("no deploy is in the journal of this database")
    last = deploys.deploys[-1]
    least = last.began_at - timedelta(hours=settings.number("before_hours"))
    undated = []
    for backup in known_backups(backups):
        if backup.started_at is not None and backup.started_at >= least:
            return
        if backup.started_at is None and backup.finished_at >= least:
            undated.append(backup.name)
    if undated:
        raise CannotJudge(
            f"backup {undated[0]!r} was finished after the last deploy began, and the catalogue does not say when its "
            "snapshot was taken"
        )
    yield Finding(
        environment.name,
        f"no backup of {environment.name!r} is from after {last.began_at:%Y-%m-%d %H:%M} (UTC{last.began_at:%z}), when "
        f"the last deploy began ({last.name}, {len(last.revisions)} revisions)",
        hint="make one now, and make it a part of the deploy",
        evidence=({"deploy": last.name, "began_at": last.at, "revisions": list(last.revisions)},),
    )
