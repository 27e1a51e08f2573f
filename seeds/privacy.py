"""What every organization did for its data subjects, and the files of its documents."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from seeds.firms import Firm
from seeds.people import ADMIN, ERASED, PERSON, Row, noon

LAW = "the law of the country"
"""Stands for where each country's law wants documents kept."""

ERASURE_STEPS = (
    ("customer", "name", "pseudonym", 1, None),
    ("customer", "email", "null", 1, None),
    ("customer", "phone", "null", 1, None),
    ("customer", "iban", "null", 1, None),
    ("customer", "notes", "null", 1, None),
    ("customer_address", "street", "delete", 1, None),
    ("payment", "payer_iban", "null", 1, None),
    ("payment", "refund_iban", "null", 1, None),
    ("subject_key", "wrapped_key", "shred_key", 1, None),
    ("invoice", "bill_to_snapshot", "keep", 1, LAW),
)

EXPORT_STEPS = (
    ("customer", "name", "export", 1, None),
    ("customer_address", "street", "export", 1, None),
    ("invoice", "bill_to_snapshot", "export", 2, None),
)


def privacy_rows(firm: Firm, as_of: date) -> dict[str, list[Row]]:
    """Return a completed erasure and access request, a hold, consents, and keys that are no more."""
    erased_on = as_of - timedelta(days=30)
    return {
        "encryption_key": [_destroyed_key(firm, as_of)],
        "subject_key": [
            {
                "org_id": firm.number,
                "subject_kind": "customer",
                "subject_id": ERASED,
                "wrapped_key": None,
                "destroyed_at": noon(erased_on),
            }
        ],
        "legal_hold": [
            {
                "org_id": firm.number,
                "id": 1,
                "subject_kind": "customer",
                "subject_id": PERSON,
                "reason": "tax audit announced",
                "until": date(as_of.year + 10, 12, 31),
            }
        ],
        "consent": [_consent(firm, 1, "newsletter", as_of, 300, 100), _consent(firm, 2, "newsletter", as_of, 50, None)],
        "gdpr_request": [
            _request(firm, 1, "erasure", ERASED, as_of - timedelta(days=45), erased_on),
            _request(firm, 2, "access", PERSON, as_of - timedelta(days=20), as_of - timedelta(days=11)),
        ],
        "gdpr_action": [*_actions(firm, 1, ERASURE_STEPS), *_actions(firm, 2, EXPORT_STEPS)],
    }


def attachment_rows(firm: Firm) -> list[Row]:
    """Return one file of an invoice, of a project and of a payment."""
    owners = (
        ("invoice", 2, "invoice-R2.pdf"),
        ("project", 1, "Grundriß.pdf"),
        ("payment", 5, "Überweisung.png"),
    )
    return [
        {
            "org_id": firm.number,
            "id": number,
            "owner_kind": kind,
            "owner_id": owner,
            "file_name": name,
            "sha256": hashlib.sha256(name.encode()).digest(),
            "size_bytes": 1024 * number,
            "media_type": "image/png" if name.endswith(".png") else "application/pdf",
        }
        for number, (kind, owner, name) in enumerate(owners, start=1)
    ]


def _destroyed_key(firm: Firm, as_of: date) -> Row:
    """Return a key at the end of its life; living ones are made by the application, never by a seed."""
    return {
        "id": firm.number,
        "owner_org_id": firm.number,
        "purpose": "field",
        "state": "destroyed",
        "wrapped_key": None,
        "created_at": noon(as_of - timedelta(days=900)),
        "activated_at": noon(as_of - timedelta(days=899)),
        "retired_at": noon(as_of - timedelta(days=500)),
        "destroyed_at": noon(as_of - timedelta(days=400)),
        "encrypt_count": 0,
    }


def _consent(firm: Firm, number: int, purpose: str, as_of: date, given: int, withdrawn: int | None) -> Row:
    return {
        "org_id": firm.number,
        "id": number,
        "subject_kind": "customer",
        "subject_id": PERSON,
        "purpose": purpose,
        "given_at": noon(as_of - timedelta(days=given)),
        "withdrawn_at": None if withdrawn is None else noon(as_of - timedelta(days=withdrawn)),
    }


def _request(firm: Firm, number: int, kind: str, subject: int, received: date, completed: date) -> Row:
    return {
        "org_id": firm.number,
        "id": number,
        "kind": kind,
        "subject_token": hashlib.sha256(f"subject {subject}".encode()).digest(),
        "received_at": noon(received),
        "due_at": noon(received + timedelta(days=30)),
        "identity_checked_by": firm.user(ADMIN),
        "status": "completed",
        "plan_hash": hashlib.sha256(f"plan {number}".encode()).digest(),
        "completed_at": noon(completed),
    }


def _actions(firm: Firm, request: int, steps: tuple[tuple[str, str, str, int, str | None], ...]) -> list[Row]:
    names = ("table_name", "column_name", "action", "rows", "basis")
    return [
        {
            "org_id": firm.number,
            "request_id": request,
            "seq": seq,
            **dict(zip(names, (firm.cast.law if word is LAW else word for word in step), strict=True)),
        }
        for seq, step in enumerate(steps, start=1)
    ]
