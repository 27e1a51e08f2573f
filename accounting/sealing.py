"""What makes an issued invoice tamper-evident: a hash over everything the recipient was told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from accounting.amounts import as_scaled

HEADER = ("series", "number", "kind", "credit_of_id", "customer_id", "issued_on", "due_on", "currency")
HEADER_SCALES = {"fx_rate": 6, "net": 2, "tax": 2, "gross": 2}
LINE_SCALES = {"quantity": 3, "unit_price": 2, "discount_pct": 2, "net": 2, "tax_pct": 2, "tax": 2}


def content_hash(invoice: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the SHA-256 of an invoice as it was issued.

    invoice, lines: rows by column name, as models, PostgreSQL or SQLite hold them; all give the same hash.
    """
    told = {name: _plain(invoice[name]) for name in HEADER}
    told |= {name: as_scaled(invoice[name], places) for name, places in HEADER_SCALES.items()}
    told["bill_to"] = _document(invoice["bill_to_snapshot"])
    told["lines"] = [_line(line) for line in sorted(lines, key=lambda line: int(line["pos"]))]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _line(line: Mapping[str, Any]) -> list[Any]:
    scaled = [as_scaled(line[name], places) for name, places in LINE_SCALES.items()]
    return [int(line["pos"]), line["description"], *scaled]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _document(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
