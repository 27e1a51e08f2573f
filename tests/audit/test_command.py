"""`dbops audit`: install, seal, verify, show, on both products, from nothing to a trail that holds."""

from __future__ import annotations

import json

from pytest_dbops.cli.audit import JSON
from tests.audit.conftest import Audited


def test_trail_is_installed_sealed_verified_and_shown(project: Audited) -> None:
    planned = project.dbops("install", "--dry-run", "--format", "json")
    assert (planned.code, planned.json["is_dry_run"], set(planned.json)) == (0, True, set(JSON["install"].keys))
    done = project.dbops("install", "--format", "json")
    assert (done.code, done.json["tables"]) == (0, ["invoice", "party"])
    assert done.json["statements"] == planned.json["statements"]
    again = project.dbops("install", "--format", "json")
    assert (again.code, again.json["statements"]) == (0, [])
    project.run(
        "INSERT INTO invoice VALUES (1, 1, 100, 'a', 0), (1, 2, 200, NULL, 0), (2, 1, 300, 'c', 0)",
        "UPDATE invoice SET net = net + 1 WHERE org_id = 1",
        "UPDATE invoice SET touched = 1",
        "DELETE FROM invoice WHERE org_id = 2",
    )
    waiting = project.dbops("seal", "--dry-run", "--format", "json").json
    assert (waiting["waiting"]["entries"], waiting["is_dry_run"], waiting["entries"]) == (6, True, 0)
    sealed = project.dbops("seal", "--format", "json")
    assert (sealed.code, sealed.err, set(sealed.json)) == (0, "", set(JSON["seal"].keys))
    assert (sealed.json["entries"], sealed.json["batches"], sealed.json["waiting"]["entries"]) == (6, 1, 0)
    verified = project.dbops("verify", "--anchor", sealed.json["head"], "--format", "json")
    assert (verified.code, verified.err, set(verified.json)) == (0, "", set(JSON["verify"].keys))
    assert (verified.json["entries"], verified.json["seals"], verified.json["faults"]) == (6, 2, [])
    shown = project.dbops("show", "--limit", "2", "--format", "json").json
    assert [(each["operation"], each["tenant"], each["is_sealed"]) for each in shown] == [
        ("DELETE", "2", True),
        ("UPDATE", "1", True),
    ]
    assert set(shown[0]) == set(JSON["show"].keys)
    assert json.loads(shown[0]["row_key"]) == {"org_id": 2, "id": 1}
    assert "the trail holds: 6 entries" in project.dbops("verify").out
