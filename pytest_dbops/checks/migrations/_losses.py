"""A loss account in words and as rows of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import MOST_ROWS
from pytest_dbops.core.finding import Row

if TYPE_CHECKING:
    from pytest_dbops.core.rehearsed import LossAccount


def lines_of_losses(losses: LossAccount) -> tuple[str, ...]:
    """Return what is lost or changed, a line each; rows too many are none of it."""
    return tuple(line for table in losses.tables for line in replace(table, gained=0).lines)


def lines_of_gains(losses: LossAccount) -> tuple[str, ...]:
    """Return which tables hold rows that they did not."""
    return tuple(line for table in losses.tables for line in replace(table, lost=0, columns=()).lines)


def names_of(losses: LossAccount) -> str:
    """Return which tables and columns lose something: the same however many rows were made."""
    names = [table.table for table in losses.tables if table.lost]
    names += [f"{table.table}.{loss.column}" for table in losses.tables for loss in table.columns]
    return ", ".join(sorted(names))


def rows_of(losses: LossAccount, coverage: str) -> tuple[Row, ...]:
    """Return the account, a row each, with keys and sorts of values and no value; last, how far the rows reach."""
    rows: list[Row] = []
    for table in losses.tables:
        if table.lost:
            rows.append({"table": table.table, "lost": table.lost, "of": table.rows, "keys": _joined(table.evidence)})
        for loss in table.columns:
            cells = [f"{each.key}: {each.before} -> {each.after}".removeprefix(": ") for each in loss.evidence]
            rows.append({
                "table": table.table, "column": loss.column, "changed": loss.changed, "of": loss.values,
                "how": loss.kind, "cells": _joined(cells),
            })  # fmt: skip
    return (*rows[: MOST_ROWS - 1], {"coverage": coverage})


def _joined(parts: Sequence[str]) -> str:
    return "; ".join(parts)
