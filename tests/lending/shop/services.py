"""What can be done in the shop; each is a transaction of its own."""

from __future__ import annotations

from shop import db
from shop.repository import Orders, Products


class OutOfStockError(Exception):
    """Raised when there is less of a product than was ordered."""


def stock(name: str, number: int, *, cents: int = 100) -> None:
    """Put a new product on the shelf."""
    with db.Session.begin() as session:
        Products(session).add(name, cents=cents, stock=number)


def place_order(customer: str, quantities: dict[str, int]) -> int:
    """Place an order and take it from the shelf; returns its number."""
    with db.Session() as session:
        order = Orders(session).add(customer, quantities)
        for line in order.lines:
            if line.product.stock < line.quantity:
                session.rollback()
                raise OutOfStockError(line.product.name)
            line.product.stock -= line.quantity
        session.commit()
        return order.id


def left(name: str) -> int:
    """Return how much of a product is left."""
    with db.Session() as session:
        return Products(session).named(name).stock


def orders() -> int:
    """Return how many orders there are."""
    with db.Session() as session:
        return len(Orders(session).all())
