"""The published history of jupyterhub, which starts from tables that no revision ever made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foreign.conftest import (
    PRODUCTS,
    ForeignProject,
    copied,
    found_in_migrations,
    found_in_schema,
    outcomes,
    reasons,
)

OLD_SCHEMA = Path(__file__).with_name("old_jupyterhub.py")
FIRST_OF_2_0 = "833da8570507"
NO_EMPTY_START = "migrations do not start from an empty database: revision eeb276e51423 (eeb276e51423_auth_state.py"
WITHOUT_INDEX = {
    "oauth_codes.client_id", "oauth_codes.user_id", "services._server_id", "services.oauth_client_id",
    "spawners.oauth_client_id", "spawners.server_id", "spawners.user_id", "user_group_map.group_id",
}  # fmt: skip
ON_BOTH = {("SCH004", "warning", column) for column in WITHOUT_INDEX} | {("SCH025", "warning", "oauth_clients.secret")}
# As their sources say: two drop a table that only a start of the hub makes again, two give drop_column a Column where
# a name is needed. The first also takes the tables of tokens from the release that runs, and on SQLite makes two anew.
NOT_REVERSED = {"833da8570507", "651f5419b74d", "0eee8c825d24", "3c2384c5aae1"}
EXPECTED = {
    "development": ON_BOTH | {("SCH009", "info", "pragma.foreign_keys"), ("SCH015", "info", "main")},
    "testing": ON_BOTH
    | {("SCH026", "info", "services.user")}
    | {
        ("SCH015", "warning", column)
        for column in ("spawners.last_activity", "spawners.started", "users.created", "users.last_activity")
    },
}
WAY_OUT = '[project] baseline = "schema.sql" or "module:function", first_revision = "eeb276e51423"'


@pytest.fixture
def jupyterhub(tmp_path_factory: pytest.TempPathFactory) -> ForeignProject:
    project = copied(tmp_path_factory.mktemp("jupyterhub"), "jupyterhub", "6.1.1", ".")
    assert project.dbops("init").code == 0
    return project


@pytest.mark.parametrize("environment", sorted(PRODUCTS))
def test_history_without_an_empty_start_is_one_clear_message_with_the_way_out(
    environment: str, jupyterhub: ForeignProject, scratch_postgres: object
) -> None:
    done = jupyterhub.gate(environment)
    report = jupyterhub.report(environment)

    assert done.code == 1
    assert report["judgement"]["verdict"] == "blocked"
    assert outcomes(report) == {"failed", "inconclusive", "passed", "skipped"}
    assert found_in_migrations(report) == {("applies", "eeb276e51423")}
    message, not_reached = sorted(reasons(report, "inconclusive"))
    assert not_reached == "not reached, because revision eeb276e51423 does not apply"
    assert message.startswith(NO_EMPTY_START)
    assert "needs table 'users', which no earlier revision creates" in message
    assert WAY_OUT in message
    assert "Traceback" not in done.out + done.err


def as_sql(product: str) -> str:
    """Return the old schema as a dump of it would spell it."""
    from sqlalchemy import create_mock_engine

    from tests.foreign.old_jupyterhub import metadata

    statements: list[str] = []
    scheme = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}[product]
    engine = create_mock_engine(f"{scheme}://", lambda ddl, *_: statements.append(str(ddl.compile(engine))))
    metadata.create_all(engine, checkfirst=False)
    return ";\n".join(statements) + ";\n"


@pytest.mark.parametrize(
    ("environment", "baseline"), [("development", "old_jupyterhub:make"), ("testing", "old_schema.sql")]
)
def test_baseline_and_first_revision_bring_the_history_to_a_verdict(
    environment: str, baseline: str, jupyterhub: ForeignProject, scratch_postgres: object
) -> None:
    jupyterhub.write("old_schema.sql", as_sql(PRODUCTS[environment]))
    jupyterhub.write("old_jupyterhub.py", OLD_SCHEMA.read_text())
    jupyterhub.configure("[project]\n", f'[project]\nbaseline = "{baseline}"\nfirst_revision = "{FIRST_OF_2_0}"\n')

    done = jupyterhub.gate(environment)
    report = jupyterhub.report(environment)

    assert (report["judgement"]["verdict"], report["judgement"]["scope"]) == ("blocked", "full"), done.out
    assert outcomes(report) == {"failed", "passed", "warned", "skipped"}
    made_anew = {("locks", FIRST_OF_2_0)} if environment == "development" else set()
    # Roles, tokens and shares are tables that no revision makes: a start of the hub does.
    assert found_in_migrations(report) == {("reverses", revision) for revision in NOT_REVERSED} | made_anew | {
        ("compatible", FIRST_OF_2_0),
        ("model_drift", ""),
    }
    assert found_in_schema(report) == EXPECTED[environment]


def test_revision_that_is_really_broken_is_named_where_it_breaks(jupyterhub: ForeignProject) -> None:
    older = "    connection.exec_driver_sql('ALTER TABLE users DROP COLUMN created')\n"
    jupyterhub.write("old_jupyterhub.py", OLD_SCHEMA.read_text() + older)
    jupyterhub.configure(
        "[project]\n", '[project]\nbaseline = "old_jupyterhub:make"\nfirst_revision = "99a28a4418e1"\n'
    )

    jupyterhub.gate("development")

    message = max(reasons(jupyterhub.report("development"), "inconclusive"))
    assert message.startswith("revision 99a28a4418e1 (99a28a4418e1_user_created.py:")
    assert "AttributeError: 'datetime.datetime' object has no attribute '_replace'" in message
