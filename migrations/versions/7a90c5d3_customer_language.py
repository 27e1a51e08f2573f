"""Write to customers in their own language

The language is worked out once from the country. Going back loses nothing that cannot be worked out again.

Revision ID: 7a90c5d3
Revises: 41fd8a3e
"""

import sqlalchemy as sa
from alembic import op

from migrations.undisturbed import undisturbed

revision = "7a90c5d3"
down_revision = "41fd8a3e"
branch_labels = None
depends_on = None

LANGUAGES = {
    "de": "AT DE LI",
    "fr": "FR LU MC",
    "es": "ES",
    "it": "IT",
    "nl": "NL BE",
    "pl": "PL",
    "ja": "JP",
}


def upgrade() -> None:
    op.add_column("customer", sa.Column("language", sa.Text(), nullable=False, server_default=sa.text("'en'")))
    customer = sa.table("customer", sa.column("language", sa.Text()), sa.column("country_code", sa.Text()))
    with undisturbed("customer"):
        for language, countries in LANGUAGES.items():
            op.execute(
                customer.update().where(customer.c.country_code.in_(countries.split())).values(language=language)
            )


def downgrade() -> None:
    op.drop_column("customer", "language")
