"""TEN017."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.privacy.trials import POLICIES, Shop, found, guarded_trial

NONE_NAMED = "nullif(current_setting('app.org_id', true), '') IS NULL"


def test_session_that_names_none_sees_nothing(shop: Shop) -> None:
    shop.build(*POLICIES)
    assert found("TEN017", shop.trial()) == []


def test_policy_that_opens_everything_where_none_is_named_is_found(shop: Shop) -> None:
    shop.build(*POLICIES, f"CREATE POLICY jobs ON invoice FOR SELECT USING ({NONE_NAMED})")
    assert found("TEN017", shop.trial()) == [
        "invoice: 'invoice': a tenant may see rows without naming a tenant, as the application: 3 rows seen by"
        f" a session {how}"
        for how in ("that has never named a tenant", "whose tenant is the empty text")
    ]


@pytest.mark.parametrize(
    ("condition", "how"),
    [("IS NULL", "that has never named a tenant"), ("= ''", "whose tenant is the empty text")],
)
def test_setting_that_is_absent_and_one_that_is_empty_are_both_tried(shop: Shop, condition: str, how: str) -> None:
    policy = f"CREATE POLICY jobs ON invoice FOR SELECT USING (current_setting('app.org_id', true) {condition})"
    shop.build(*POLICIES, policy)
    (told,) = found("TEN017", shop.trial())
    assert told.endswith(f"3 rows seen by a session {how}")


def test_transaction_that_names_none_sees_nothing_on_sqlite(tmp_path: Path) -> None:
    assert found("TEN017", guarded_trial(tmp_path / "shop.db")) == []
