"""AUD006: a log without the partitions it needs."""

from __future__ import annotations

from tests.audit.conftest import Audited
from tests.audit.judging import found, judged


def test_missing_partition_is_found_and_made_by_seal(audited: Audited) -> None:
    if audited.dialect == "sqlite":
        assert judged(audited)["AUD006"][0] == "skipped"
        return
    months = [name for (name,) in audited.rows(
        "SELECT relname FROM pg_class WHERE relname ~ '^audit_log_2[0-9]{3}_[0-9]{2}$' AND relkind = 'r' ORDER BY 1"
    )]  # fmt: skip
    assert len(months) == 4
    audited.run(f"DROP TABLE dbops.{months[1]}")
    assert found(audited) == {"AUD006": ["dbops.audit_log"]}
    assert audited.dbops("seal").code == 0
    assert found(audited) == {}
    # Rows that went to the default partition keep the month's own from being made, and nothing fails.
    audited.run(f"DROP TABLE dbops.{months[0]}", "INSERT INTO invoice VALUES (1, 1, 100, 'a', 0)")
    sealed = audited.dbops("seal", "--format", "json")
    assert (sealed.code, sealed.json["entries"]) == (0, 1)
    assert found(audited) == {"AUD006": ["dbops.audit_log"]}
    audited.run("DROP TABLE dbops.audit_log_default")
    assert found(audited)["AUD006"] == ["dbops.audit_log"] * 2
