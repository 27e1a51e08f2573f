"""The shop on both products, and a gate's session on it.

keyring     the keys in use: `new` is active, `old` retired, `index` that of blind indexes
shop        an engine on an empty database with the shop's tables, of the product given by parametrisation
audited     what became of the fields of a column, as a gate finds it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from pytest_dbops import use_keyring
from pytest_dbops.backends import backend_for
from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import FieldAudit, KeyState
from pytest_dbops.core.environment import Expectation
from pytest_dbops.crypto.keyring import Keyring
from pytest_dbops.crypto.models import encrypted_columns
from pytest_dbops.operations.encryption.audit import Helpers, audit_column
from tests.crypto.rings import key, ring
from tests.crypto.shop import Base
from tests.fix_postgres import ScratchDatabase
from tests.fix_targets import PATIENT, PRODUCTS

COLUMNS = encrypted_columns(Base.metadata)
Audited = Callable[..., FieldAudit]


@pytest.fixture
def keyring() -> Iterator[Keyring]:
    made = ring(key("new"), key("old", KeyState.RETIRED))
    use_keyring(made)
    yield made
    use_keyring(None)


@pytest.fixture(params=PRODUCTS)
def shop(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'shop.sqlite3'}"
    else:
        database: ScratchDatabase = request.getfixturevalue("postgres_database")
        url = database.url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, poolclass=NullPool)
    Base.metadata.create_all(engine)
    if request.param == "sqlite":
        (tmp_path / "shop.sqlite3").chmod(0o600)
    yield engine
    engine.dispose()


@pytest.fixture
def audited(shop: Engine, keyring: Keyring) -> Audited:
    """A function of a column's name (`customer.email`) that judges it; keys are those in use, unless given."""

    def judge(
        name: str, keys: Keyring | None = keyring, cost: Cost = Cost.FULL, helpers: Helpers | None = None
    ) -> FieldAudit:  # fmt: skip
        url = shop.url.render_as_string(hide_password=False).replace("+psycopg", "")
        column = next(each for each in COLUMNS if each.name == name)
        opened = backend_for(shop.dialect.name).open_session(
            url, limits=PATIENT, expect=Expectation(), application="dbops test"
        )
        with opened as session:
            found = audit_column(session, column, COLUMNS, keys, cost, helpers)
            session.verify()
        return found

    return judge
