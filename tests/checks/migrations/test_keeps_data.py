"""MIG005."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.migrations.keeps_data import keeps_data
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.rehearsed import CellEvidence, ColumnLoss, LossAccount, TableLoss
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Downgrade, Failure, MetRows, Refusal, Rows, Unfilled
from tests.checks.migrations.records import AGAIN, BROKEN, DOWN, UP, messages, revision

PHONE = ColumnLoss("phone", 9, 12, "NULL after the downgrade", (CellEvidence("id=7", "text of 9 characters", "NULL"),))
LOSES = LossAccount((TableLoss("customer", 12, lost=1, gained=0, columns=(PHONE,), evidence=("id=8",)),))
GAINS = LossAccount((TableLoss("customer", 12, gained=2),))
NULLS = Failure("NotNullViolation", "column contains null values", "ALTER TABLE t ALTER x SET NOT NULL", 15)
KEPT = MetRows(losses=LossAccount(), coverage="2 of 2 tables filled, 9 rows, 4 boundary classes")


def test_loss_account_is_one_finding_with_keys_and_no_values() -> None:
    assert list(keeps_data(revision(UP, DOWN, AGAIN, met=replace(KEPT, losses=LOSES)))) == [
        Finding(
            "r1",
            "'r1' is not undone (versions/r1.py:18): customer: 1 of 12 rows lost; customer.phone: 9 of 12 values lost"
            " (NULL after the downgrade)",
            hint="keep the old values until the next release, or let the downgrade raise with the reason",
            evidence=(
                {"table": "customer", "lost": 1, "of": 12, "keys": "id=8"},
                {
                    "table": "customer",
                    "column": "phone",
                    "changed": 9,
                    "of": 12,
                    "how": "NULL after the downgrade",
                    "cells": "id=7: text of 9 characters -> NULL",
                },
                {"coverage": "2 of 2 tables filled, 9 rows, 4 boundary classes"},
            ),
            identity="loses customer, customer.phone",
        )
    ]


def test_number_of_rows_does_not_make_another_finding() -> None:
    other = LossAccount((TableLoss("customer", 99, lost=3, columns=(replace(PHONE, changed=1),)),))
    one, two = (next(iter(keeps_data(revision(UP, DOWN, met=replace(KEPT, losses=each))))) for each in (LOSES, other))
    assert one.identity == two.identity


def test_rows_too_many_are_an_info() -> None:
    (finding,) = keeps_data(revision(UP, DOWN, met=replace(KEPT, losses=GAINS)))
    assert (finding.severity, finding.message) == (
        Severity.INFO,
        "'r1' leaves rows behind (versions/r1.py:18): customer: 2 rows more than before",
    )


def test_declared_irreversible_loses_what_it_says() -> None:
    (finding,) = keeps_data(revision(UP, irreversible="for good", met=replace(KEPT, losses=LOSES)))
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("'r1' is declared irreversible, and takes with it: customer: 1 of 12 rows lost;")


def test_downgrade_that_does_nothing_is_said() -> None:
    (message,) = messages(keeps_data(revision(UP, DOWN, downgrade=Downgrade.EMPTY, met=replace(KEPT, losses=LOSES))))
    assert message.startswith("'r1' changes rows, and nothing takes that back (versions/r1.py:18): ")


@pytest.mark.parametrize(
    ("refusal", "severity", "words"),
    [
        (Refusal(Rows.USUAL, NULLS, is_certain=True), None, "any row"),
        (Refusal(Rows.USUAL, NULLS), Severity.WARNING, "unusual rows (NULL, duplicates, boundary values)"),
        (Refusal(Rows.ORDINARY, NULLS), Severity.WARNING, "generated rows of ordinary values"),
    ],
)
def test_upgrade_that_only_fails_over_rows_is_a_finding(
    refusal: Refusal, severity: Severity | None, words: str
) -> None:
    (finding,) = keeps_data(revision(UP, DOWN, AGAIN, met=replace(KEPT, rows=Rows.NONE, refusal=refusal)))
    assert finding.severity is severity
    assert finding.message == (
        f"upgrade of 'r1' runs on empty tables and fails over {words} (versions/r1.py:15):"
        " NotNullViolation: column contains null values"
    )
    assert finding.evidence == ({"statement": "ALTER TABLE t ALTER x SET NOT NULL"},)


def test_table_that_could_not_be_filled_leaves_it_open_for_what_touches_it() -> None:
    met = replace(KEPT, unfilled=(Unfilled("ledger", "it is off balance"),))
    with pytest.raises(CannotJudge, match=r"ledger holds no row \(it is off balance\)"):
        list(keeps_data(revision(UP, DOWN, met=met)))


def test_rows_that_could_not_be_made_or_read_are_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="rows cannot be made"):
        list(keeps_data(revision(UP, DOWN, met=MetRows(unjudged="rows cannot be made or read: no"))))
    with pytest.raises(CannotJudge, match="could not be read again"):
        list(keeps_data(revision(UP, DOWN, met=MetRows())))
    with pytest.raises(CannotJudge, match="policies hide rows of ledger"):
        list(keeps_data(revision(UP, DOWN, met=replace(KEPT, losses=LossAccount(hidden=("ledger",))))))


def test_kept_rows_are_no_finding() -> None:
    assert list(keeps_data(revision(UP, DOWN, AGAIN, met=KEPT))) == []


def test_what_other_checks_find_is_not_said_twice() -> None:
    assert list(keeps_data(revision(UP, replace(DOWN, failure=BROKEN), met=MetRows()))) == []
    for walked in (revision(replace(UP, failure=BROKEN)), revision(UP, replace(DOWN, failure=BROKEN))):
        with pytest.raises(DoesNotApply):
            list(keeps_data(walked))
