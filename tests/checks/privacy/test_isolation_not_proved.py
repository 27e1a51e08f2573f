"""TEN018."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.tenancy import TenancyRules
from tests.checks.privacy.trials import POLICIES, RULES, Shop, found, guarded_trial

EMPTY = "CREATE TABLE payment (org_id bigint NOT NULL, id bigint NOT NULL, PRIMARY KEY (org_id, id))"


def test_everything_that_was_tried_is_in_order(shop: Shop) -> None:
    shop.build(*POLICIES)
    assert found("TEN018", shop.trial()) == []


def test_table_without_rows_is_told(shop: Shop) -> None:
    shop.build(*POLICIES, EMPTY)
    assert found("TEN018", shop.trial()) == ["payment: 'payment' was not tried: it holds no row of a tenant"]


def test_setting_that_the_policies_do_not_read_is_told(shop: Shop) -> None:
    shop.build(*POLICIES)
    isolation = shop.trial(TenancyRules(column="org_id", setting="app.tenant"))
    assert found("TEN018", isolation)[0] == (
        "customer: 'customer' was not tried: tenant '1' sees none of its own rows: does 'app.tenant' name the tenant?"
    )
    with pytest.raises(CannotJudge, match="no change of protection could be tried"):
        found("TEN019", isolation)


def test_function_that_nobody_knows_to_call_is_told(shop: Shop) -> None:
    shop.build(*POLICIES, "CREATE FUNCTION near(place point) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'")
    assert found("TEN018", shop.trial()) == [
        "near(point): 'near(point)' was not tried: no value of type point is known to call it with"
    ]


def test_one_tenant_alone_cannot_be_judged(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run("DELETE FROM customer WHERE org_id = 2", "DELETE FROM invoice WHERE org_id = 2")
    with pytest.raises(CannotJudge, match="rows of 1 tenants, two are needed"):
        shop.trial()


def test_superuser_cannot_play_the_application(shop: Shop) -> None:
    shop.build(*POLICIES)
    shop.run(f"ALTER ROLE {shop.role} BYPASSRLS")
    with pytest.raises(CannotJudge, match="policies do not bind it"):
        shop.trial()


def test_unknown_setting_cannot_be_judged(shop: Shop) -> None:
    shop.build()
    with pytest.raises(CannotJudge, match="nothing tells how a session names its tenant"):
        shop.trial(TenancyRules(column="org_id"))


def test_table_without_rows_is_told_on_sqlite(tmp_path: Path) -> None:
    isolation = guarded_trial(tmp_path / "shop.db", EMPTY, rules=RULES)
    assert found("TEN018", isolation) == ["payment: 'payment' was not tried: it holds no row of a tenant"]
