"""AUD002: functions and triggers that are not what the rules ask for."""

from __future__ import annotations

import pytest

from tests.audit.conftest import Audited
from tests.audit.judging import found


def test_other_rules_than_installed_and_patterns_in_vain_are_found(audited: Audited) -> None:
    audited.configure("", replacing={
        '"party.email"': '"party.email", "party.code"', '"invoice", ': "", 'exclude = ["*.touched"]': "",
    })  # fmt: skip
    found_now = found(audited)
    assert set(found_now) == {"AUD002"}
    assert set(found_now["AUD002"]) == {"invoice", "party"}
    audited.dbops("install")
    assert found(audited) == {}
    audited.configure("", replacing={'["party"]': '["party", "parties*"]'})
    assert found(audited) == {"AUD001": ["parties*"]}
    refused = audited.dbops("install")
    assert (refused.code, refused.err) == (2, "dbops: [audit] tables 'parties*' matches no table\n")


def test_column_added_later_is_recorded_or_found(audited: Audited) -> None:
    audited.run("ALTER TABLE invoice ADD COLUMN more text")
    assert found(audited) == ({} if audited.dialect == "postgresql" else {"AUD002": ["invoice"] * 3})
    audited.dbops("install")
    audited.run("INSERT INTO invoice VALUES (1, 1, 100, 'a', 0, 'new one')")
    assert found(audited) == {}
    assert "new one" in audited.entries("changed")[-1][0]


def test_altered_function_is_found_and_mended(audited: Audited) -> None:
    if audited.dialect == "sqlite":
        pytest.skip("SQLite has no functions")
    body = audited.rows("SELECT prosrc FROM pg_proc WHERE oid = 'dbops.audit_record'::regproc")[0][0]
    quieter = body.replace("IF TG_OP = 'INSERT' THEN", "IF TG_OP = 'INSERT' AND false THEN", 1)
    audited.run(
        "CREATE OR REPLACE FUNCTION dbops.audit_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $x${quieter}$x$"
    )
    assert found(audited) == {"AUD002": ["dbops.audit_record"]}
    audited.dbops("install")
    audited.run("ALTER FUNCTION dbops.audit_record() SET search_path = public")
    assert found(audited) == {"AUD002": ["dbops.audit_record"]}
    audited.dbops("install")
    assert found(audited) == {}
