"""Finding the cases of checks: a mistake in asking is an error, not a test over nothing."""

from __future__ import annotations

import pytest

from tests.cases.case_files import cases


def test_one_text_in_place_of_prefixes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"give a tuple: \('SCH',\)"):
        cases("SCH", "bad", "sqlite")  # type: ignore[arg-type]  # the mistake in question


def test_prefix_without_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with 'NIX'"):
        cases(("SCH", "NIX"), "bad", "sqlite")
