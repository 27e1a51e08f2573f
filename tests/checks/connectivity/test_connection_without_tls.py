"""CON002."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.connectivity._certificate import expiry_of
from pytest_dbops.checks.connectivity.connection_without_tls import connection_without_tls
from pytest_dbops.core.environment import Kind
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.provisioning import RunFolder
from tests.checks.connectivity.asking import ask, environment_at, facts, session_on
from tests.checks.connectivity.certificates import certificate_files, der_of
from tests.checks.connectivity.clusters import Cluster, cluster, newest_with_tls

ENDS = datetime(2027, 3, 1, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def encrypted(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """The newest server of this machine with TLS on a loopback port."""
    request = newest_with_tls(postgres_majors)
    files = certificate_files(ENDS)
    with cluster(scratch_run, request, files=files, ssl="on", listen_addresses="127.0.0.1") as started:
        yield started


def _asked(url: str, *, kind: Kind = Kind.PRODUCTION, clock: datetime = ENDS - timedelta(days=90), **own: object):
    """Ask as from `url`; `own` replaces what the server says of our connection."""
    with session_on(url) as session:
        statistics = _with(backend_for(url).read_statistics(session), own)
        environment = environment_at(url, kind)
        return ask(connection_without_tls, session=session, statistics=statistics, environment=environment, clock=clock)


def _with(statistics: Statistics, own: dict[str, object]) -> Statistics:
    server = {**statistics.rows("server")[0], **own}
    return replace(statistics, parts={**statistics.parts, "server": [server]})


def _seen(findings: list[Finding]) -> list[tuple[str, Severity]]:
    return facts(findings, connection_without_tls)


def test_encrypted_connection_with_a_certificate_that_lasts_is_fine(encrypted: Cluster) -> None:
    assert _asked(encrypted.url("127.0.0.1", "sslmode=require")) == []


@pytest.mark.parametrize(
    ("days", "expected", "text"),
    [
        (20, Severity.WARNING, "ends in 20 days, on 2027-03-01; at least 30 days must be left"),
        (3, Severity.ERROR, "ends in 3 days, on 2027-03-01; at least 7 days must be left"),
        (-5, Severity.ERROR, "ended 5 days ago, on 2027-03-01; at least 7 days must be left"),
    ],
)
def test_certificate_near_or_past_its_end_is_found(
    encrypted: Cluster, days: int, expected: Severity, text: str
) -> None:
    findings = _asked(encrypted.url("127.0.0.1", "sslmode=require"), clock=ENDS - timedelta(days=days))
    assert _seen(findings) == [("certificate", expected)]
    assert findings[0].message == f"the server's certificate {text}"


def test_old_protocol_is_an_error(encrypted: Cluster) -> None:
    findings = _asked(encrypted.url("127.0.0.1", "sslmode=require"), tls_version="TLSv1")
    assert _seen(findings) == [("protocol", Severity.ERROR)]


def test_plain_connection_from_another_machine_is_an_error(encrypted: Cluster) -> None:
    findings = _asked(encrypted.url("127.0.0.1", "sslmode=disable"), client_address="192.0.2.7")
    assert _seen(findings) == [("connection", Severity.ERROR)]
    assert findings[0].message == "the connection from 192.0.2.7 is not encrypted; the environment requires TLS"


def test_plain_connection_where_tls_is_not_required_is_an_info(encrypted: Cluster) -> None:
    url = encrypted.url("127.0.0.1", "sslmode=disable")
    assert _seen(_asked(url, kind=Kind.DEVELOPMENT, client_address="192.0.2.7")) == [("connection", Severity.INFO)]


def test_plain_connection_by_loopback_or_socket_is_an_info(encrypted: Cluster) -> None:
    by_loopback = _asked(encrypted.url("127.0.0.1", "sslmode=disable"))
    by_socket = _asked(encrypted.url())
    assert _seen([*by_loopback, *by_socket]) == [("connection", Severity.INFO)] * 2
    assert "a Unix socket" in by_socket[0].message


def test_socket_of_a_scratch_server_is_not_asked_for_tls(encrypted: Cluster) -> None:
    assert _asked(encrypted.url(), kind=Kind.TESTING) == []


def test_server_that_shows_no_certificate_gets_no_answer(encrypted: Cluster) -> None:
    with (
        session_on(encrypted.url("127.0.0.1", "sslmode=require")) as session,
        pytest.raises(CannotJudge, match=r"certificate of 127\.0\.0\.1:1 could not be read"),
    ):
        statistics = backend_for("postgresql").read_statistics(session)
        elsewhere = environment_at("postgresql://nobody@127.0.0.1:1/postgres")
        ask(connection_without_tls, session=session, statistics=statistics, environment=elsewhere)


@pytest.mark.parametrize("ends", [ENDS, datetime(2049, 12, 31, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)])
def test_last_day_of_a_certificate_is_read_in_both_of_its_spellings(ends: datetime) -> None:
    assert expiry_of(der_of(certificate_files(ends))) == ends


@pytest.mark.parametrize("data", [b"", b"0", b"hello", b"0\x03abc", b"\x30\x80"])
def test_bytes_that_are_no_certificate_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a certificate"):
        expiry_of(data)
