"""The ledger makes seeding idempotent, knows other rows for what they are, and lets them be taken away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select, text

from pytest_dbops import SeedContext, Seeder, seeder
from pytest_dbops.core.errors import Blocked, CannotJudge, UsageError
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.seeding.clean import clean_database
from pytest_dbops.seeding.run import seed_database
from pytest_dbops.seeding.seeded import seeded_organizations
from pytest_dbops.seeding.standing import plan_of, standing_of
from pytest_dbops.seeding.validate import unfit_seeders
from tests.seeding.conftest import METADATA

PARENT = METADATA.tables["parent"]


def remove(context: SeedContext) -> None:
    for number in range(3):
        context.delete("parent", id=100 * context.organization + number)


def parents(version: int = 1, *, clean: Callable[[SeedContext], None] | None = remove) -> Seeder:
    """Return a seeder of three parents an organization."""

    @seeder("parents", tables=("parent",), version=version, scope="organization", clean=clean)
    def fill(context: SeedContext) -> None:
        names = context.draws("parent").integers("name", 3, 0, 10**6)
        first = 100 * context.organization
        rows = [{"id": first + number, "name": f"{first} {name}"} for number, name in enumerate(names)]
        context.insert("parent", rows)
        context.note("customers", [row["id"] for row in rows])

    return fill


TWO = SeedRequest("demo", organizations=(1, 2))


def ids(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(PARENT.c.id).order_by(PARENT.c.id)))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    return made


def test_second_run_writes_nothing(engine: Engine) -> None:
    first = seed_database(engine, METADATA, [parents()], TWO)
    again = seed_database(engine, METADATA, [parents()], TWO)
    assert (first.rows, again.rows, again.results[0].skipped) == (6, 0, 2)
    assert plan_of(engine, [parents()], TWO)[0].current == 2


def test_one_organization_alone_gives_the_rows_it_has_among_all(sqlite: Engine, postgresql: Engine) -> None:
    seed_database(sqlite, METADATA, [parents()], TWO)
    seed_database(postgresql, METADATA, [parents()], SeedRequest("demo", organizations=(2,)))
    with sqlite.connect() as all_of_them, postgresql.connect() as alone:
        wanted = all_of_them.execute(select(PARENT).where(PARENT.c.id >= 200).order_by(PARENT.c.id)).all()
        assert alone.execute(select(PARENT).order_by(PARENT.c.id)).all() == wanted


OTHERS = {
    "version": (parents(2), TWO, "the rows of organization 1 are of version 1, not 2"),
    "seed": (parents(), SeedRequest("demo", (1, 2), seed=7), "are of seed 1, seed 7 is asked for"),
    "size": (parents(), SeedRequest("load", (1, 2)), "are of another size than is asked for"),
}


@pytest.mark.parametrize(("changed", "request_", "said"), OTHERS.values(), ids=OTHERS)
def test_other_rows_are_refused_before_any_is_written(
    engine: Engine, changed: Seeder, request_: SeedRequest, said: str
) -> None:
    seed_database(engine, METADATA, [parents()], TWO)
    with pytest.raises(Blocked, match=said):
        seed_database(engine, METADATA, [changed], request_)
    assert len(ids(engine)) == 6


def test_clean_takes_away_what_the_ledger_knows_and_nothing_else(engine: Engine) -> None:
    seed_database(engine, METADATA, [parents()], TWO)
    with engine.begin() as connection:
        connection.execute(PARENT.insert(), {"id": 999, "name": "somebody's own"})
    (of_one,) = clean_database(engine, METADATA, [parents()], SeedRequest("demo", organizations=(1,)))
    assert (of_one.removed, ids(engine)) == (3, [200, 201, 202, 999])
    (of_all,) = clean_database(engine, METADATA, [parents()], SeedRequest("demo"))
    assert (of_all.removed, ids(engine), seeded_organizations(engine)) == (3, [999], ())


def test_seeder_without_clean_is_named_before_anything_is_removed(sqlite: Engine) -> None:
    seed_database(sqlite, METADATA, [parents(clean=None)], TWO)
    with pytest.raises(Blocked, match="seeder 'parents' has no `clean`"):
        clean_database(sqlite, METADATA, [parents(clean=None)], TWO)
    assert len(ids(sqlite)) == 6


def test_handles_tell_the_keys_of_each_organization(engine: Engine) -> None:
    assert seeded_organizations(engine) == ()
    seed_database(engine, METADATA, [parents()], TWO)
    assert [(each.id, each.customers) for each in seeded_organizations(engine)] == [
        (1, (100, 101, 102)), (2, (200, 201, 202)),
    ]  # fmt: skip


def test_given_connection_is_left_uncommitted(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN") if engine.dialect.name == "sqlite" else None
        seed_database(connection, METADATA, [parents()], TWO)
        assert connection.scalar(text("SELECT count(*) FROM parent")) == 6
        connection.rollback()
    assert ids(engine) == []


def test_seeder_that_fails_in_the_second_organization_leaves_nothing_of_the_first(engine: Engine) -> None:
    @seeder("parents", tables=("parent",), scope="organization")
    def fill(context: SeedContext) -> None:
        context.insert("parent", [{"id": context.organization, "name": "the same"}])

    with pytest.raises(CannotJudge, match=r"seeder 'parents' fails: \w+: table 'parent', row 1 \(id=2\): "):
        seed_database(engine, METADATA, [fill], TWO)
    assert (ids(engine), standing_of(engine, [fill])[0].organizations) == ([], ())


def test_unknown_size_is_told_with_the_sizes_there_are(sqlite: Engine) -> None:
    with pytest.raises(UsageError, match=r"no seed size 'demmo' \(one of minimal, demo, load\); did you mean 'demo'"):
        seed_database(sqlite, METADATA, [parents()], SeedRequest("demmo"))


def test_seeders_that_do_not_fit_are_told_without_a_row_written(engine: Engine) -> None:
    lost = Seeder("lost", ("nowhere",), (), 1, lambda context: None)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE parent RENAME COLUMN name TO title")
        connection.exec_driver_sql("ALTER TABLE child RENAME TO offspring")
    told = list(unfit_seeders(engine, METADATA, [parents(), lost, Seeder("c", ("child",), (), 1, lost.fill)]))
    assert told == [
        "seeder 'parents': table 'parent' has no column 'name' in the database",
        "seeder 'parents': table 'parent' needs a value for column 'title', which the model does not know",
        "seeder 'lost': table 'nowhere' is not in the project's metadata",
        "seeder 'c': table 'child' is not in the database (run: dbops migrate deploy)",
    ]
