"""AUD003: a log that somebody may change."""

from __future__ import annotations

from tests.audit.conftest import Audited
from tests.audit.judging import found


def test_log_that_may_be_changed_is_found(audited: Audited) -> None:
    if audited.dialect == "sqlite":
        audited.run("DROP TRIGGER dbops_audit_log_no_delete")
        assert found(audited) == {"AUD003": ["dbops_audit_log"]}
    else:
        month = audited.rows("SELECT max(relname) FROM pg_class WHERE relname ~ '^audit_log_2[0-9]{3}_[0-9]{2}$'")[0][0]
        audited.run(
            f"ALTER TABLE dbops.{month} DISABLE TRIGGER dbops_audit_refuse",
            "DROP TRIGGER dbops_audit_refuse_truncate ON dbops.audit_seal",
            "GRANT DELETE ON dbops.audit_log TO pg_monitor",
            "GRANT EXECUTE ON FUNCTION dbops.audit_record() TO PUBLIC",
        )
        subjects = ["dbops.audit_log", "dbops.audit_record()", "dbops.audit_seal", f"dbops.{month}"]
        assert {code: sorted(each) for code, each in found(audited).items()} == {"AUD003": sorted(subjects)}
        audited.run(
            "REVOKE DELETE ON dbops.audit_log FROM pg_monitor",
            "REVOKE EXECUTE ON FUNCTION dbops.audit_record() FROM PUBLIC",
        )
    audited.dbops("install")
    assert found(audited) == {}
