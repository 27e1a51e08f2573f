"""What the small organization did for its data subjects, and the files of its documents."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from seeds.people import ADMIN, ERASED, ORG, PERSON, Row, noon

ERASURE_STEPS = (
    ("customer", "name", "pseudonym", 1, None),
    ("customer", "email", "null", 1, None),
    ("customer", "phone", "null", 1, None),
    ("customer", "iban", "null", 1, None),
    ("customer", "notes", "null", 1, None),
    ("customer_address", "street", "delete", 1, None),
    ("subject_key", "wrapped_key", "shred_key", 1, None),
    ("invoice", "bill_to_snapshot", "keep", 1, "§ 147 Abs. 3 AO, § 14b UStG"),
)

EXPORT_STEPS = (
    ("customer", "name", "export", 1, None),
    ("customer_address", "street", "export", 1, None),
    ("invoice", "bill_to_snapshot", "export", 2, None),
)


def privacy_rows(as_of: date) -> dict[str, list[Row]]:
    """Return a completed erasure and access request, a hold, consents, and keys that are no more."""
    erased_on = as_of - timedelta(days=30)
    return {
        "encryption_key": [_destroyed_key(as_of)],
        "subject_key": [
            {
                "org_id": ORG,
                "subject_kind": "customer",
                "subject_id": ERASED,
                "wrapped_key": None,
                "destroyed_at": noon(erased_on),
            }
        ],
        "legal_hold": [
            {
                "org_id": ORG,
                "id": 1,
                "subject_kind": "customer",
                "subject_id": PERSON,
                "reason": "tax audit announced",
                "until": date(as_of.year + 10, 12, 31),
            }
        ],
        "consent": [_consent(1, "newsletter", as_of, 300, 100), _consent(2, "newsletter", as_of, 50, None)],
        "gdpr_request": [
            _request(1, "erasure", ERASED, as_of - timedelta(days=45), erased_on),
            _request(2, "access", PERSON, as_of - timedelta(days=20), as_of - timedelta(days=11)),
        ],
        "gdpr_action": [*_actions(1, ERASURE_STEPS), *_actions(2, EXPORT_STEPS)],
    }


def attachment_rows() -> list[Row]:
    """Return one file of an invoice, of a project and of a payment."""
    owners = (
        ("invoice", 2, "invoice-R2.pdf"),
        ("project", 1, "Grundriß.pdf"),
        ("payment", 5, "Überweisung.png"),
    )
    return [
        {
            "org_id": ORG,
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


def _destroyed_key(as_of: date) -> Row:
    """Return a key at the end of its life; living ones are made by the application, never by a seed."""
    return {
        "id": 1,
        "owner_org_id": ORG,
        "purpose": "field",
        "state": "destroyed",
        "wrapped_key": None,
        "created_at": noon(as_of - timedelta(days=900)),
        "activated_at": noon(as_of - timedelta(days=899)),
        "retired_at": noon(as_of - timedelta(days=500)),
        "destroyed_at": noon(as_of - timedelta(days=400)),
        "encrypt_count": 0,
    }


def _consent(number: int, purpose: str, as_of: date, given: int, withdrawn: int | None) -> Row:
    return {
        "org_id": ORG,
        "id": number,
        "subject_kind": "customer",
        "subject_id": PERSON,
        "purpose": purpose,
        "given_at": noon(as_of - timedelta(days=given)),
        "withdrawn_at": None if withdrawn is None else noon(as_of - timedelta(days=withdrawn)),
    }


def _request(number: int, kind: str, subject: int, received: date, completed: date) -> Row:
    return {
        "org_id": ORG,
        "id": number,
        "kind": kind,
        "subject_token": hashlib.sha256(f"subject {subject}".encode()).digest(),
        "received_at": noon(received),
        "due_at": noon(received + timedelta(days=30)),
        "identity_checked_by": ADMIN,
        "status": "completed",
        "plan_hash": hashlib.sha256(f"plan {number}".encode()).digest(),
        "completed_at": noon(completed),
    }


def _actions(request: int, steps: tuple[tuple[str, str, str, int, str | None], ...]) -> list[Row]:
    names = ("table_name", "column_name", "action", "rows", "basis")
    return [
        {"org_id": ORG, "request_id": request, "seq": seq, **dict(zip(names, step, strict=True))}
        for seq, step in enumerate(steps, start=1)
    ]
