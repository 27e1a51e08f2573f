"""Where orders and products are found and kept."""

from __future__ import annotations

from shop.models import Line, Order, Product
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload


class Products:
    """The products."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, name: str, *, cents: int, stock: int) -> Product:
        """Add a product."""
        product = Product(name=name, cents=cents, stock=stock)
        self._session.add(product)
        self._session.flush()
        return product

    def named(self, name: str) -> Product:
        """Return the product of this name."""
        return self._session.scalars(select(Product).where(Product.name == name)).one()


class Orders:
    """The orders."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, customer: str, quantities: dict[str, int]) -> Order:
        """Add an order."""
        products = Products(self._session)
        lines = [Line(product=products.named(name), quantity=number) for name, number in quantities.items()]
        order = Order(customer=customer, lines=lines)
        self._session.add(order)
        self._session.flush()
        return order

    def all(self) -> list[Order]:
        """Return all orders with what was ordered, in two statements."""
        loaded = selectinload(Order.lines).joinedload(Line.product)
        return list(self._session.scalars(select(Order).order_by(Order.id).options(loaded)))
