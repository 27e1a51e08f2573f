"""What stands in the way of a trail is one line, and nothing is changed."""

from __future__ import annotations

import pytest

from tests.audit.conftest import Audited


def test_trail_that_is_not_installed_is_one_line(project: Audited) -> None:
    for call in (("seal",), ("seal", "--dry-run"), ("verify",), ("show",)):
        answer = project.dbops(*call)
        assert (answer.code, answer.err) == (
            1, "dbops: 'staging' has no audit trail (run: dbops audit install --env staging)\n",
        )  # fmt: skip


def test_environment_that_may_not_be_written_to_is_refused_before_anything_is_opened(audited: Audited) -> None:
    audited.configure("", replacing={"require = []": "require = []\nmay_write = false"})
    for verb in ("install", "seal"):
        answer = audited.dbops(verb)
        assert (answer.code, "policy 'may_write'" in answer.err) == (4, True)
        assert audited.dbops(verb, "--dry-run").code == 0
    assert audited.dbops("verify").code == 0


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tables = ["invoice", "party"]', "", "[audit] names no tables"),
        ('"party"]', '"partys"]', "[audit] tables 'partys' matches no table"),
        ('mask = ["party.email"]', 'mask = ["party.emial"]', "[audit] mask 'party.emial' matches no column"),
        ('mask = ["party.email"]', 'mask = ["email"]', "'email' names no column; write TABLE.COLUMN"),
        ('"*.touched"', '"*.*"', "leaves no column of 'invoice' to record"),
        ("tenant =", "tennant =", "has no key 'tennant' (did you mean 'tenant'?)"),
        ('tenant = "org_id"', 'actor = "me"', "a name with a dot in it is needed"),
        ('"org_id"', '"organization"', "[audit] tenant 'organization' is a column of no audited table"),
        ('tenant = "org_id"', "seal_within_s = 0", "a number of seconds above 0"),
        ('tenant = "org_id"', "months_ahead = 0", "a whole number from 1 up is needed"),
        ('tenant = "org_id"', 'tables = "invoice"', "dbops.toml"),
    ],
)
def test_rules_that_cannot_be_meant_are_one_line(project: Audited, old: str, new: str, said: str) -> None:
    before = project.rows("SELECT count(*) FROM sqlite_schema")
    project.configure("", replacing={old: new})
    answer = project.dbops("install")
    assert (answer.code, said in answer.err, answer.err.count("\n")) == (2, True, 1), answer.err
    assert project.rows("SELECT count(*) FROM sqlite_schema") == before


def test_table_that_cannot_have_triggers_is_named(project: Audited) -> None:
    if project.dialect == "sqlite":
        project.run("CREATE VIRTUAL TABLE words USING fts5(word)")
        said = "'words' is a virtual table, which takes no triggers"
    else:
        pytest.skip("foreign tables need an extension that only a superuser makes")
    project.configure("", replacing={'"party"]': '"party", "words"]'})
    answer = project.dbops("install")
    assert (answer.code, said in answer.err) == (2, True)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_table_of_another_owner_stops_the_whole_installation(project: Audited, postgres_admin) -> None:
    with project.connect(as_superuser=True) as execute:
        execute("CREATE TABLE foreigner (id integer PRIMARY KEY)")
        execute(f"GRANT SELECT ON foreigner TO {project.rows('SELECT current_user')[0][0]}")
    project.configure("", replacing={'"party"]': '"party", "foreigner"]'})
    answer = project.dbops("install")
    assert (answer.code, answer.err.count("\n"), "Traceback" in answer.err) == (3, 1, False)
    assert project.rows("SELECT count(*) FROM pg_namespace WHERE nspname = 'dbops'") == [(0,)]
    assert project.rows("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'dbops%'") == [(0,)]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_other_databases_than_meant_are_refused(audited: Audited) -> None:
    audited.run("CREATE TABLE dbops_marker (environment TEXT)", "INSERT INTO dbops_marker VALUES ('production')")
    for verb in ("install", "seal", "verify"):
        answer = audited.dbops(verb)
        assert (answer.code, "'production', not 'staging'" in answer.err) == (3, True)
    audited.configure('[env.testing]\nurl = "embedded:postgresql"\n')
    answer = audited.dbops("install", "--env", "testing")
    assert (answer.code, "is an embedded PostgreSQL" in answer.err) == (2, True)


def test_shown_entries_are_narrowed_and_numbers_judged(audited: Audited) -> None:
    audited.run(
        "INSERT INTO invoice VALUES (1, 1, 1, 'a', 0), (2, 1, 1, 'a', 0)", "INSERT INTO party VALUES (2, 1, 'x', NULL)"
    )
    shown = audited.dbops("show", "--tenant", "2", "--table", "party", "--format", "json").json
    assert [(each["id"], each["is_sealed"]) for each in shown] == [(3, False)]
    assert audited.dbops("show", "--limit", "0").code == 2
    assert audited.dbops("seal", "--wait", "x").code == 2
    assert "INSERT" in audited.dbops("show").out
    assert audited.dbops("show", "--table", "invioce").out == "staging: no entries of table 'invioce'\n"
