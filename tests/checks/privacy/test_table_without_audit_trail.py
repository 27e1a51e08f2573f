"""AUD001: a table that is to leave a trail and does not, and when none of the questions is asked."""

from __future__ import annotations

from tests.audit.conftest import Audited
from tests.audit.judging import STATE, found, judged, trigger


def test_sound_trail_passes(audited: Audited) -> None:
    audited.run("INSERT INTO invoice VALUES (1, 1, 100, 'a', 0)", "UPDATE invoice SET net = 5")
    audited.dbops("seal")
    assert found(audited) == {}
    assert judged(audited)["AUD004"][0] == "passed"


def test_table_without_a_trail_is_found(project: Audited) -> None:
    assert found(project) == {"AUD001": ["invoice", "party"]}
    assert judged(project)["AUD004"][0] == "inconclusive"


def test_missing_and_switched_off_triggers_are_found(audited: Audited) -> None:
    on = " ON invoice" if audited.dialect == "postgresql" else ""
    audited.run(f"DROP TRIGGER {trigger(audited, 'invoice', 'update')}{on}")
    assert found(audited) == {"AUD001": ["invoice"]}
    if audited.dialect == "postgresql":
        audited.run("ALTER TABLE party DISABLE TRIGGER dbops_audit_delete")
        assert found(audited) == {"AUD001": ["invoice", "party"]}
    assert audited.dbops("install").code == 0
    assert found(audited) == {}


def test_checks_are_skipped_where_nothing_is_audited(audited: Audited) -> None:
    audited.configure("", replacing={"require = []": "require = []\nauditing = false"})
    assert {outcome for outcome, _ in judged(audited).values()} == {"skipped"}
    audited.configure("", replacing={'tables = ["invoice", "party"]': ""})
    assert {outcome for outcome, _ in judged(audited, *STATE, "AUD007").values()} == {"skipped"}


def test_audited_project_proves_auditing(audited: Audited) -> None:
    audited.configure("", replacing={"require = []": 'require = ["auditing"]'})
    assert judged(audited, "CON025")["CON025"][0] == "passed"
    audited.configure("", replacing={'require = ["auditing"]': 'require = ["auditing"]\nauditing = false'})
    assert judged(audited, "CON025")["CON025"][0] == "inconclusive"
