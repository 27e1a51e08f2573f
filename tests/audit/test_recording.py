"""Every way to change many rows leaves exactly one entry a row, with who, what and from what to what."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing

import psycopg
import pytest

from tests.audit.conftest import Audited

postgresql_only = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
sqlite_only = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
MAJORS = (14, 15, 16, 17, 18)
every_major = pytest.mark.parametrize("postgres_server", MAJORS, indirect=True)
MANY = "INSERT INTO invoice SELECT 1, n, n, 'n' || n, 0 FROM {} LIMIT 500"
NUMBERS = {
    "postgresql": "generate_series(1, 500) AS g (n)",
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500) SELECT n FROM c)",
}


def counted(project: Audited) -> Counter[str]:
    """Return the number of entries by operation."""
    return Counter(operation for (operation,) in project.entries("operation"))


def fill(project: Audited) -> None:
    project.run(MANY.format(NUMBERS[project.dialect]))


def test_bulk_insert_update_and_delete_leave_an_entry_a_row(audited: Audited) -> None:
    fill(audited)
    audited.run(
        "UPDATE invoice SET net = net + 1", "UPDATE invoice SET net = net", "DELETE FROM invoice WHERE id > 100"
    )
    assert counted(audited) == {"INSERT": 500, "UPDATE": 500, "DELETE": 400}


def test_upsert_leaves_an_entry_for_what_it_did_to_each_row(audited: Audited) -> None:
    fill(audited)
    again = f"INSERT INTO invoice SELECT 1, n + 490, n, 'again', 0 FROM {NUMBERS[audited.dialect]} WHERE n <= 20"
    audited.run(
        f"{again} ON CONFLICT (org_id, id) DO NOTHING", f"{again} ON CONFLICT (org_id, id) DO UPDATE SET net = -1"
    )
    assert counted(audited) == {"INSERT": 500 + 10, "UPDATE": 20}


def test_only_what_changed_is_told_and_what_is_excluded_is_not(audited: Audited) -> None:
    audited.run(
        "INSERT INTO invoice VALUES (7, 1, 100, NULL, 5)",
        "UPDATE invoice SET net = 200, note = 'paid', touched = 6",
        "UPDATE invoice SET touched = 7",
    )
    (insert, update) = audited.entries()
    assert (insert[0], insert[1], json.loads(insert[2])) == ("INSERT", "7", {"org_id": 7, "id": 1})
    assert json.loads(insert[3]) == {"new": {"org_id": 7, "id": 1, "net": 100, "note": None}}
    assert update[0] == "UPDATE"
    assert json.loads(update[3]) == {"old": {"net": 100, "note": None}, "new": {"net": 200, "note": "paid"}}


def test_masked_columns_tell_that_they_changed_and_ciphertext_passes_as_it_is(audited: Audited) -> None:
    code = "'\\xc0ffee'" if audited.dialect == "postgresql" else "x'C0FFEE'"
    audited.run(
        f"INSERT INTO party VALUES (1, 1, 'ada@example.com', {code})",
        "UPDATE party SET email = 'bo@example.com'",
        "UPDATE party SET email = NULL",
    )
    told = [json.loads(changed) for (changed,) in audited.entries("changed")]
    assert told[0]["new"] == {"org_id": 1, "id": 1, "email": "(masked)", "code": "\\xc0ffee"}
    assert told[1:] == [
        {"old": {"email": "(masked)"}, "new": {"email": "(masked)"}},
        {"old": {"email": "(masked)"}, "new": {"email": None}},
    ]
    assert "example.com" not in repr(audited.entries("*"))


@postgresql_only
def test_columns_that_a_comment_marks_as_personal_are_masked_unless_they_are_encrypted(project: Audited) -> None:
    project.configure("", replacing={'mask = ["party.email"]': ""})
    project.run(
        "COMMENT ON COLUMN party.email IS 'dbops: pii=email, erase=null'",
        "COMMENT ON COLUMN party.code IS 'dbops: pii=code, encrypted'",
    )
    project.dbops("install")
    project.run("INSERT INTO party VALUES (1, 1, 'ada@example.com', '\\xc0ffee')")
    assert json.loads(project.entries("changed")[0][0])["new"] == {
        "org_id": 1, "id": 1, "email": "(masked)", "code": "\\xc0ffee",
    }  # fmt: skip


def test_changed_key_and_table_without_key_keep_old_and_new_together(project: Audited) -> None:
    project.run("CREATE TABLE plain (org_id integer, word text)")
    project.configure("", replacing={'"party"]': '"party", "plain"]'})
    project.dbops("install")
    fill(project)
    project.run(
        "UPDATE invoice SET id = id + 1000",
        "INSERT INTO plain VALUES (1, 'a'), (1, 'b'), (1, 'b')",
        "UPDATE plain SET word = word || '!'",
    )
    moved = [
        json.loads(changed) for operation, changed in project.entries("operation, changed") if operation == "UPDATE"
    ]
    pairs = [(each["old"], each["new"]) for each in moved]
    assert all(new == {"id": old["id"] + 1000} for old, new in pairs[:500])
    assert sorted((old["word"], new["word"]) for old, new in pairs[500:]) == [("a", "a!"), ("b", "b!"), ("b", "b!")]
    assert counted(project)["UPDATE"] == 503


def test_rolled_back_change_leaves_nothing(audited: Audited) -> None:
    with audited.connect() as execute:
        execute("BEGIN")
        execute("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
        execute("ROLLBACK")
    assert audited.entries() == []


def test_names_that_need_quotes_are_recorded(project: Audited) -> None:
    project.run("""CREATE TABLE "o'dd ""T" ("k,1" integer PRIMARY KEY, "it's" text, "a\\b" text)""")
    project.configure("", replacing={'"party"]': '"party", "o\'dd*"]'})
    assert project.dbops("install").code == 0
    project.run("""INSERT INTO "o'dd ""T" VALUES (1, 'x', 'y')""", """UPDATE "o'dd ""T" SET "it's" = 'z'""")
    (_, update) = project.entries("table_name, row_key, changed")
    assert (update[0], json.loads(update[1]), json.loads(update[2])["new"]) == (
        "o'dd \"T", {"k,1": 1}, {"it's": "z"},
    )  # fmt: skip
    assert json.loads(project.dbops("install", "--format", "json").out)["statements"] == []


@postgresql_only
@every_major
def test_copy_merge_truncate_upsert_and_cascades_are_counted_on_every_major(audited: Audited, postgres_server) -> None:
    audited.run("ALTER TABLE party ADD FOREIGN KEY (org_id, id) REFERENCES invoice ON DELETE CASCADE")
    with closing(psycopg.connect(audited.url)) as connection:
        with connection.cursor().copy("COPY invoice (org_id, id, net) FROM STDIN") as copy:
            for number in range(300):
                copy.write_row((1, number, number))
        connection.execute("INSERT INTO party SELECT org_id, id, 'x', NULL FROM invoice WHERE id < 10")
        connection.execute("DELETE FROM invoice WHERE id < 10")
        connection.execute(
            "INSERT INTO invoice SELECT 1, n, 0 FROM generate_series(291, 310) AS n"
            " ON CONFLICT (org_id, id) DO UPDATE SET net = -1"
        )
        connection.commit()
    assert counted(audited) == {"INSERT": 300 + 10 + 11, "DELETE": 10 + 10, "UPDATE": 9}
    if postgres_server.major >= 15:
        audited.run(
            "MERGE INTO invoice AS t USING (SELECT 1 AS o, n FROM generate_series(301, 320) AS n) AS s"
            " ON t.org_id = s.o AND t.id = s.n WHEN MATCHED AND n > 305 THEN DELETE"
            " WHEN MATCHED THEN UPDATE SET net = 7 WHEN NOT MATCHED THEN INSERT (org_id, id, net) VALUES (1, n, 0)"
        )
        assert counted(audited) == {"INSERT": 321 + 10, "DELETE": 20 + 5, "UPDATE": 9 + 5}
    (left,) = audited.rows("SELECT count(*) FROM invoice")[0]
    audited.run("TRUNCATE invoice CASCADE")
    assert counted(audited)["TRUNCATE"] == left
    assert json.loads(audited.entries("changed")[-1][0]).keys() == {"old"}


@postgresql_only
@every_major
def test_partitions_are_recorded_under_their_root_whichever_way_they_are_written(
    project: Audited, postgres_server
) -> None:
    project.run(
        "CREATE TABLE part (id integer, at date, word text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        # The order of the columns differs from the root's.
        "CREATE TABLE part_2025 (at date NOT NULL, word text, id integer NOT NULL)",
        "ALTER TABLE part ATTACH PARTITION part_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        "CREATE TABLE part_2026 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
        " PARTITION BY LIST (id)",
        "CREATE TABLE part_2026_x PARTITION OF part_2026 DEFAULT",
    )
    project.configure("", replacing={'"party"]': '"party", "part"]'})
    assert project.dbops("install", "--format", "json").json["tables"] == [
        "invoice", "part", "part_2025", "part_2026", "part_2026_x", "party",
    ]  # fmt: skip
    project.run(
        "INSERT INTO part SELECT n, DATE '2025-01-01' + n, 'w' || n FROM generate_series(1, 200) AS n",
        "UPDATE part SET at = at + interval '1 year' WHERE id <= 50",  # these rows move
        "UPDATE part_2025 SET word = 'direct'",
        "DELETE FROM part_2026_x WHERE id <= 10",
        "DELETE FROM part_2026 WHERE id <= 20",
        "TRUNCATE part",
    )
    assert counted(project) == {"INSERT": 200, "UPDATE": 50 + 150, "DELETE": 20, "TRUNCATE": 180}
    assert {name for (name,) in project.entries("table_name")} == {"part"}
    moved = [json.loads(changed) for _, changed in project.entries("id, changed") if '"at"' in changed][200:250]
    assert all(set(each["old"]) == {"at"} for each in moved)
    assert all(each["new"]["at"] == each["old"]["at"].replace("2025", "2026") for each in moved)


@postgresql_only
def test_row_security_hides_no_change_from_the_trail(audited: Audited) -> None:
    fill(audited)
    audited.run(
        "ALTER TABLE invoice ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE invoice FORCE ROW LEVEL SECURITY",
        "CREATE POLICY own ON invoice USING (id <= nullif(current_setting('app.most', true), '')::int)",
    )
    with audited.connect() as execute:
        execute("SET app.most = '100'")
        execute("UPDATE invoice SET net = -1")
        assert counted(audited) == {"INSERT": 500, "UPDATE": 100}
        execute("TRUNCATE invoice")
    assert counted(audited)["TRUNCATE"] == 1
    assert json.loads(audited.entries("changed")[-1][0]) == {"rows": "hidden by row-level security"}


@postgresql_only
def test_actor_request_and_role_come_of_the_session(audited: Audited) -> None:
    with audited.connect() as execute:
        execute("BEGIN")
        execute("SELECT set_config('dbops.actor', 'user-7', true), set_config('dbops.request', 'req-1', true)")
        execute("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
        execute("COMMIT")
        execute("INSERT INTO invoice VALUES (1, 2, 1, 'a', 0)")
    (user,) = audited.rows("SELECT session_user")[0]
    assert audited.entries("actor, request, role") == [("user-7", "req-1", user), (None, None, user)]
    assert [each["id"] for each in audited.dbops("show", "--actor", "user-7", "--format", "json").json] == [1]


@sqlite_only
def test_actor_on_sqlite_is_the_row_that_a_transaction_writes(audited: Audited) -> None:
    with audited.connect() as execute:
        execute("BEGIN")
        execute("INSERT INTO dbops_audit_actor VALUES (1, 'user-7', 'req-1')")
        execute("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
        execute("DELETE FROM dbops_audit_actor")
        execute("COMMIT")
        execute("INSERT INTO invoice VALUES (1, 2, 1, 'a', 0)")
    assert audited.entries("actor, request, role") == [("user-7", "req-1", None), (None, None, None)]


@sqlite_only
def test_wide_table_of_any_values_is_recorded_on_sqlite(project: Audited) -> None:
    columns = ", ".join(f"c{number}" for number in range(300))
    project.run(f"CREATE TABLE wide (id integer PRIMARY KEY, {columns})")
    project.configure("", replacing={'"party"]': '"party", "wide"]'})
    project.dbops("install")
    project.run(
        "INSERT INTO wide (id, c0, c1, c2, c3, c5) VALUES (1, x'00ff', 1.5, 'it''s \"q\"', -9e999, 'a' || char(0))",
        "INSERT INTO wide (id, c0) VALUES (2, CAST(x'41ff42' AS TEXT))",
        "UPDATE wide SET c299 = 'end'",
    )
    found = [changed for (changed,) in project.entries("CAST(changed AS BLOB)")]
    insert, update = json.loads(found[0]), json.loads(found[2])
    assert [insert["new"][name] for name in ("c0", "c1", "c2", "c3", "c4")] == [
        "\\x00ff", 1.5, "it's \"q\"", "-Inf", None,
    ]  # fmt: skip
    assert update == {"old": {"c299": None}, "new": {"c299": "end"}}
    assert b'"c0":"A\xffB"' in found[1]
    assert project.dbops("seal").code == 0
    assert (project.verified().entries, project.verified().is_whole) == (4, True)


@postgresql_only
def test_trail_is_written_by_whoever_may_write_the_table_and_by_nobody_else(audited: Audited, postgres_admin) -> None:
    role = audited.url.rpartition("/")[2].partition("?")[0].split("/")[-1] + "_app"
    postgres_admin.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        audited.run(f'GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO "{role}"')
        with closing(psycopg.connect(audited.url, user=role, autocommit=True)) as app:
            app.execute("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
            for attempt in (
                "SELECT * FROM dbops.audit_log",
                "INSERT INTO dbops.audit_log (tenant, at, transaction_id, role, table_schema, table_name, operation)"
                " VALUES ('', now(), 1, '', '', '', '')",
                "DELETE FROM dbops.audit_log",
                "CREATE TEMP TABLE t (); CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION dbops.audit_record()",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(attempt)
        assert audited.entries("operation, role") == [("INSERT", role)]
    finally:
        audited.run(f'REVOKE ALL ON invoice FROM "{role}"')
        postgres_admin.execute(f'DROP ROLE "{role}"')


def test_log_refuses_changes_even_of_its_owner(audited: Audited) -> None:
    audited.run("INSERT INTO invoice VALUES (1, 1, 1, 'a', 0)")
    audited.dbops("seal")
    log, places = (
        ("dbops.audit_log", "dbops.{}") if audited.dialect == "postgresql" else ("dbops_audit_log", "dbops_{}")
    )
    attempts = [
        f"DELETE FROM {log}", f"UPDATE {log} SET actor = 'x'", f"UPDATE {log} SET changed = NULL",
        f"DELETE FROM {places.format('audit_seal')}", f"UPDATE {places.format('audit_batch')} SET up_to_id = 9",
    ]  # fmt: skip
    if audited.dialect == "postgresql":
        (month,) = audited.rows("SELECT tableoid::regclass FROM dbops.audit_log")[0]
        attempts += [f"TRUNCATE {log}", f"TRUNCATE {month}", f"DELETE FROM {month}", "TRUNCATE dbops.audit_seal"]
    for attempt in attempts:
        with pytest.raises(Exception, match="of the audit trail"):
            audited.run(attempt)
    assert audited.verified().is_whole
