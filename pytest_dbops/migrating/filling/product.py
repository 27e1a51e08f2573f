"""Where the two products differ: names, literals, types."""

from __future__ import annotations

from collections.abc import Callable

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling import postgresql, sqlite
from pytest_dbops.migrating.filling.values import Family, Write


@frozen
class Product:
    """One product's way to write things.

    ``family_of(type, name, catalog)`` is what a type offers; ``has_default_keyword``: VALUES may say DEFAULT.
    """

    name: str
    write: Write
    quote_name: Callable[[str], str]
    family_of: Callable[[str, str, Catalog], Family | None]
    has_default_keyword: bool

    def table(self, schema: str, name: str) -> str:
        """Return a table's name for SQL, with its schema, whatever the search path is."""
        return f"{self.quote_name(schema)}.{self.quote_name(name)}"


PRODUCTS = {
    "postgresql": Product("postgresql", postgresql.write, postgresql.quote_name, postgresql.family_of, True),
    "sqlite": Product("sqlite", sqlite.write, sqlite.quote_name, sqlite.family_of, False),
}


def product_of(catalog: Catalog) -> Product:
    """Return the product a catalog is of; raises CannotJudge for one that is not known."""
    product = PRODUCTS.get(catalog.dialect)
    if product is None:
        raise CannotJudge(f"rows cannot be made for {catalog.dialect!r}, only for {', '.join(PRODUCTS)}")
    return product
