"""Alembic writes and compares the columns by what they are stored as."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine
from sqlalchemy.pool import NullPool

from pytest_dbops import BlindIndex, EncryptedText, render_item
from tests.crypto.shop import Base


def test_new_columns_are_written_as_binary_ones() -> None:
    metadata = MetaData()
    Table("person", metadata, Column("id", Integer, primary_key=True), Column("mail", EncryptedText()),
          Column("bounded", EncryptedText(length=200)), Column("mail_bidx", BlindIndex("mail")))  # fmt: skip
    assert [line for line in written(metadata).splitlines() if "mail" in line or "bounded" in line] == [
        "    sa.Column('mail', sa.LargeBinary(), nullable=True),",
        "    sa.Column('bounded', sa.LargeBinary(length=200), nullable=True),",
        "    sa.Column('mail_bidx', sa.LargeBinary(), nullable=True),",
    ]


def written(metadata: MetaData) -> str:
    with create_engine("sqlite://", poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_item": render_item})
        upgrade: Any = produce_migrations(context, metadata).upgrade_ops
    return render_python_code(upgrade, render_item=render_item)


@pytest.mark.usefixtures("keyring")
def test_tables_made_of_the_models_do_not_differ_from_them(shop: Engine) -> None:
    with shop.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
