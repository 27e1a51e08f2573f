"""Endpoints of the shop, as an asynchronous framework calls them with a session of the request."""

from __future__ import annotations

from collections.abc import Mapping

from shop.models import Product
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def put_product(session: AsyncSession, body: Mapping[str, object]) -> dict[str, object]:
    """PUT /products: add one."""
    product = Product(name=str(body["name"]), cents=int(str(body["cents"])), stock=0)
    session.add(product)
    await session.commit()
    return {"id": product.id, "name": product.name}


async def get_products(session: AsyncSession) -> dict[str, object]:
    """GET /products: how many there are."""
    return {"count": await session.scalar(select(func.count()).select_from(Product))}
