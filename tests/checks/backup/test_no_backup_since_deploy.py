"""BAK013; that the journal of a real deploy says when it began: tests/cli/test_migrate_deploy.py."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_dbops.checks.backup.no_backup_since_deploy import no_backup_since_deploy
from pytest_dbops.core.backups import BackupRecord
from pytest_dbops.core.deploy.deploys import Deploys, deploys_of
from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from tests.checks.backup.records import Kept, backup
from tests.checks.connectivity.asking import CLOCK, ask, environment_at

ENVIRONMENT = environment_at("postgresql://db.example.com/books")


def _deployed(*hours: float) -> Deploys:
    """Deploys of some hours ago, each of one revision, and one after them that had nothing to do."""
    entries = []
    for place, ago in enumerate(hours):
        at = str(CLOCK - timedelta(hours=ago))
        entries.append(Entry(f"d{place}", Event.DEPLOY, actor="ada@example.com", at=at))
        entries.append(Entry(f"d{place}", Event.STARTED, f"r{place}", at=at))
    return deploys_of([*entries, Entry("nothing", Event.DEPLOY, at=str(CLOCK))])


def _seen(deploys: Deploys, *records: BackupRecord, before_hours: float = 0) -> list[Finding]:
    given = {"backups": Kept(records), "deploys": deploys, "environment": ENVIRONMENT}
    return ask(no_backup_since_deploy, thresholds={"before_hours": before_hours}, **given)


def _taken(ended: float, began: float) -> BackupRecord:
    return backup(ended, started_at=CLOCK - timedelta(hours=began))


def test_deploy_that_no_backup_followed_is_found() -> None:
    (finding,) = _seen(_deployed(40, 5), _taken(23, 24))
    assert (finding.subject, finding.message) == (
        "production",
        "no backup of 'production' is from after 2026-10-01 07:00 (UTC+0000), when the last deploy began"
        " (d1, 1 revisions)",
    )


def test_no_backup_at_all_is_found() -> None:
    assert [finding.subject for finding in _seen(_deployed(5))] == ["production"]


def test_backup_whose_snapshot_is_from_before_the_deploy_does_not_count() -> None:
    assert [finding.subject for finding in _seen(_deployed(5), _taken(4, 6))] == ["production"]


def test_backup_that_the_deploy_made_is_fine() -> None:
    assert _seen(_deployed(40, 5), _taken(23, 24), _taken(4.8, 4.9)) == []


def test_backup_of_shortly_before_counts_where_that_is_agreed() -> None:
    assert _seen(_deployed(5), _taken(6, 6.5), before_hours=2) == []


def test_backup_of_which_nobody_knows_the_snapshot_is_no_answer() -> None:
    with pytest.raises(CannotJudge, match="does not say when its snapshot was taken"):
        _seen(_deployed(5), backup(4))
    assert len(_seen(_deployed(5), backup(6))) == 1


def test_database_that_nobody_deployed_to_is_not_asked() -> None:
    with pytest.raises(DoesNotApply, match="no deploy is in the journal"):
        _seen(_deployed(), backup(4))


def test_moment_that_is_none_is_no_answer() -> None:
    with pytest.raises(CannotJudge, match=r"deploy began at 'yesterday'"):
        deploys_of([Entry("d", Event.DEPLOY, at="yesterday"), Entry("d", Event.STARTED, "r")])
