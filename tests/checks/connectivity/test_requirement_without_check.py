"""CON025."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.requirement_without_check import requirement_without_check
from pytest_dbops.core.environment import Environment, Kind, Requirement
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.proofs import Proofs
from tests.checks.connectivity.asking import ask, environment_at, session_on, sqlite_url
from tests.checks.connectivity.conftest import PLAIN, Target


def _requiring(url: str, *words: Requirement) -> Environment:
    environment = environment_at(url, Kind.STAGING)
    return replace(environment, policy=replace(environment.policy, require=frozenset(words)))


def test_what_checks_prove_is_fine(target: Target) -> None:
    url = target.url(PLAIN)
    environment = _requiring(url, Requirement.TLS, Requirement.READ_ONLY_ROLE)
    with session_on(url) as session:
        assert ask(requirement_without_check, session=session, proofs=Proofs(), environment=environment) == []


@pytest.mark.parametrize("word", sorted(set(Requirement) - {Requirement.TLS, Requirement.READ_ONLY_ROLE}))
def test_what_nobody_proves_is_inconclusive(target: Target, word: Requirement) -> None:
    url = target.url(PLAIN)
    with session_on(url) as session, pytest.raises(CannotJudge) as raised:
        ask(
            requirement_without_check,
            session=session,
            proofs=Proofs(),
            environment=_requiring(url, Requirement.TLS, word),
        )
    assert str(raised.value) == (
        f"the environment requires {word.value}, which no installed check proves (prove it by a check of your own and"
        ' write require = ["tls"] in [env.staging], or [gate] may_skip = ["CON025"])'
    )


def test_what_the_configuration_lets_checks_prove_is_fine(target: Target) -> None:
    url = target.url(PLAIN)
    environment, proofs = _requiring(url, Requirement.AUDITING), Proofs(frozenset({Requirement.AUDITING}))
    with session_on(url) as session:
        assert ask(requirement_without_check, session=session, proofs=proofs, environment=environment) == []


def test_role_that_only_reads_cannot_be_proved_where_there_are_no_roles(tmp_path: Path) -> None:
    (tmp_path / "books.sqlite3").touch()
    url = sqlite_url(tmp_path / "books.sqlite3")
    environment = _requiring(url, Requirement.TLS, Requirement.READ_ONLY_ROLE)
    with session_on(url) as session, pytest.raises(CannotJudge, match="requires read_only_role, which no"):
        ask(requirement_without_check, session=session, proofs=Proofs(), environment=environment)
