"""With a key, every seeded field is ciphertext, the gate opens each, and sees one that was moved to another row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Table, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from accounting.models import Payment, metadata
from accounting.public_ids import new_public_id, public_id_of
from pytest_dbops import use_keyring
from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.report import CheckResult
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.operations.encryption.keyring import load_keyring
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from tests.application.conftest import DIALECTS, Home, Lend
from tests.application.history import ROOT, seed, upgrade
from tests.application.test_own_checks import findings

KEY = "hex:" + "7b" * 32
CODES = tuple(sorted(check.code for check in builtin_checks() if check.code.startswith("ENC")))
COLUMNS = {
    "app_user": ("email", "mfa_secret"),
    "customer": ("email", "phone", "iban"),
    "payment": ("payer_iban", "refund_iban"),
}
ERASED_TOO = {"customer": "id <> 5", "payment": "customer_id <> 5"}
CONFIG = '[project]\nmetadata = "accounting.models:metadata"\n\n[env.staging]\nurl = "env:BOOKS_URL"\ndialect = "{}"\n'
PLACES = {4: 105, 105: 4}
"""Two payments of one organization, a drawn one among them."""


@pytest.fixture(scope="module")
def key() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENCRYPTION_KEY", KEY)
        use_keyring(load_keyring())
        yield KEY
        use_keyring(None)


@pytest.fixture(scope="module", params=DIALECTS)
def sealed(
    request: pytest.FixtureRequest, key: str, lend_postgres: Lend, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """A database with drawn rows, seeded where there is a key."""
    file = tmp_path_factory.mktemp("sealed") / "books.db"
    with ExitStack() as stack:
        if request.param == "postgresql":
            home = stack.enter_context(lend_postgres())
        else:
            home = Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")
        upgrade(home.url)
        seed(home.url, SeedRequest("demo", organizations=(1,)))
        yield home


@pytest.fixture
def books(sealed: Home, lend_postgres: Lend, tmp_path: Path) -> Iterator[Home]:
    """A copy that a test may change."""
    if sealed.dialect == "postgresql":
        with lend_postgres(make_url(sealed.url).database or "") as home:
            yield home
        return
    file = tmp_path / "copy.db"
    shutil.copyfile(make_url(sealed.url).database or "", file)
    yield Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")


def judge(home: Home, folder: Path) -> dict[tuple[str, str], CheckResult]:
    """Return what a gate that has the key finds of the encrypted columns, by code and column."""
    shutil.copytree(ROOT / "accounting", folder / "accounting", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "dbops.toml").write_text(CONFIG.format(home.dialect), encoding="utf-8")
    variables = {"BOOKS_URL": home.superuser_url.replace("+psycopg", "", 1), "ENCRYPTION_KEY": KEY}
    request = GateRequest(folder / "dbops.toml", "staging", variables, datetime.now(UTC))
    report, _ = check_health(request, categories=(), codes=CODES, progress=lambda told: None)
    return {(each.code, each.id.partition("[")[2].rstrip("]")): each for each in report.results}


def test_every_field_that_may_be_filled_is_ciphertext(sealed: Home) -> None:
    with sealed.superuser_engine().connect() as connection:
        left = {
            f"{table}.{column}": unsealed(connection, table, column)
            for table, columns in COLUMNS.items()
            for column in columns
        }
        drawn = connection.scalar(text("SELECT count(*) FROM payment WHERE id > 100"))
    assert left == dict.fromkeys(left, 0)
    assert drawn is not None
    assert drawn > 20


def unsealed(connection: Connection, table: str, column: str) -> int:
    """Count the rows whose field is NULL or no envelope, but for those of somebody who was erased."""
    where = ERASED_TOO.get(table, "1 = 1")
    hexed = f"upper(encode({column}, 'hex'))" if connection.dialect.name == "postgresql" else f"hex({column})"
    sql = f"SELECT count(*) FROM {table} WHERE {where} AND coalesce({hexed}, '') NOT LIKE 'DB1%'"
    return int(connection.scalar(text(sql)) or 0)


def test_customer_who_was_erased_has_nothing_sealed(sealed: Home) -> None:
    with sealed.superuser_engine().connect() as connection:
        assert findings("BKS041", connection) == []


def test_gate_opens_every_field(sealed: Home, tmp_path: Path) -> None:
    found = judge(sealed, tmp_path)
    assert {column for code, column in found if code == "ENC001"} == {
        f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns
    }
    assert {each.outcome.value for each in found.values()} <= {"passed", "skipped"}
    assert {each.outcome.value for (code, _), each in found.items() if code == "ENC001"} == {"passed"}


@pytest.mark.parametrize(("column", "is_seen"), [("refund_iban", True), ("payer_iban", False)])
def test_fields_that_changed_places_are_seen_where_they_are_sealed_for_their_row(
    books: Home, tmp_path: Path, column: str, is_seen: bool
) -> None:
    payment = Table("payment", MetaData(), Column("id", Integer), Column(column, LargeBinary))  # as it is stored
    with books.superuser_engine().begin() as connection:
        held = dict(connection.execute(select(payment.c.id, payment.c[column]).where(payment.c.id.in_(PLACES))).all())
        for number, other in PLACES.items():
            connection.execute(payment.update().where(payment.c.id == number).values({column: held[other]}))
    found = judge(books, tmp_path)["ENC001", f"payment.{column}"]
    told = " ".join(each.message for each in found.findings)
    assert (found.outcome.value, "another row" in told) == ("failed" if is_seen else "passed", is_seen)


def test_public_id_stays(books: Home) -> None:
    with books.superuser_engine().begin() as connection, pytest.raises(DBAPIError, match="public"):
        connection.execute(Payment.__table__.update().values(public_id=new_public_id()))


def test_payment_of_the_release_before_gets_an_id_and_seals_nothing(books: Home) -> None:
    with books.superuser_engine().begin() as connection:
        connection.execute(
            text(
                "INSERT INTO payment (org_id, id, customer_id, method, direction, amount, base_amount, currency,"
                " received_on) VALUES (1, 9001, 1, 'card', 'incoming', 1, 1, 'EUR', '2026-01-14')"
            )
        )
        made = connection.execute(
            select(Payment.public_id, Payment.refund_iban).where(Payment.id == 9001)
        ).one()  # fmt: skip
    assert isinstance(made[0], UUID)
    assert (made[0].version, made[1]) == (4, None)


def test_application_writes_and_reads_the_account_by_the_row(books: Home) -> None:
    made = Payment(
        org_id=1, id=9002, customer_id=1, method="card", direction="incoming", amount=Decimal(1),
        base_amount=Decimal(1), currency="EUR", received_on=date(2026, 1, 14), refund_iban="DE99 made up",
    )  # fmt: skip
    with Session(books.superuser_engine()) as session:
        session.add(made)
        session.commit()
    with Session(books.superuser_engine()) as session:
        read = session.get_one(Payment, (1, 9002))
        assert (read.public_id.version, read.refund_iban) == (7, "DE99 made up")


def test_public_ids_are_of_version_7_and_in_the_order_of_days(sealed: Home) -> None:
    payment = metadata.tables["payment"]
    with sealed.superuser_engine().connect() as connection:
        told = select(payment.c.public_id, payment.c.received_on).order_by(payment.c.public_id)
        rows = connection.execute(told).all()
        unlike = connection.scalar(select(func.count(payment.c.public_id.distinct())))
    assert {row.public_id.version for row in rows} == {7}
    assert [row.received_on for row in rows] == sorted(row.received_on for row in rows)
    assert unlike == len(rows)


def test_public_id_is_laid_out_as_the_standard_says() -> None:
    """The example of RFC 9562, appendix A.6."""
    moment = datetime.fromtimestamp(0x017F22E279B0 / 1000, UTC)
    chance = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert public_id_of(moment, chance) == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
