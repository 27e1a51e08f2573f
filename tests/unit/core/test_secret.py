"""A secret never shows itself, and the mask finds it in any of its forms."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.core.secret import MASK, MaskingFilter, Secret, SecretMask

PASSWORD = "pa ss/w+rd'ü"


@pytest.mark.parametrize(
    "shown", [repr, str, "{}".format, "%s".__mod__, ascii], ids=lambda f: getattr(f, "__name__", "")
)
def test_a_secret_shows_a_mask(shown: object) -> None:
    assert callable(shown)
    text = shown(Secret(PASSWORD))

    assert MASK in text
    assert "pa ss" not in text


def test_a_secret_inside_other_values_shows_a_mask() -> None:
    assert PASSWORD not in repr([Secret(PASSWORD)]) + repr({"k": Secret(PASSWORD)})


def test_a_secret_is_revealed_compared_and_hashed_by_its_text() -> None:
    assert Secret(PASSWORD).reveal() == PASSWORD
    assert Secret("a") == Secret("a") != Secret("b")
    assert {Secret("a"), Secret("a")} == {Secret("a")}
    assert Secret("a") != "a"
    assert not Secret("")


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy])
def test_a_secret_is_not_pickled(leak: object) -> None:
    assert callable(leak)
    with pytest.raises(TypeError, match="a Secret is not pickled"):
        leak(Secret(PASSWORD))


RAW = PASSWORD.encode()
FORMS = {
    "plain": PASSWORD,
    "url": quote(PASSWORD, safe=""),
    "url path": quote(PASSWORD),
    "form": quote_plus(PASSWORD),
    "base64": base64.b64encode(RAW).decode(),
    "base64 without padding": base64.b64encode(RAW).decode().rstrip("="),
    "url base64": base64.urlsafe_b64encode(RAW).decode(),
    "hex": RAW.hex(),
    "repr": repr(PASSWORD),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    text = SecretMask([Secret(PASSWORD)])(f"connect to postgresql://u:{form}@db.example.com/x?p={form} failed")

    assert form not in text
    assert text.count(MASK) == 2


def test_a_secret_inside_another_is_masked_whole() -> None:
    mask = SecretMask([Secret("secret"), Secret("secret-and-more")])

    assert mask("secret-and-more and secret") == f"{MASK} and {MASK}"


def test_a_secret_learned_later_is_masked() -> None:
    mask = SecretMask()
    mask.add(Secret("late-secret"))

    assert mask("a late-secret") == f"a {MASK}"


@pytest.mark.parametrize("short", ["", "a", "abc"])
def test_a_text_too_short_to_be_a_secret_is_left_alone(short: str) -> None:
    assert SecretMask([Secret(short)])("abc a b c") == "abc a b c"


@given(st.text(min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
@settings(deadline=None)
def test_no_text_keeps_a_secret(secret: str, before: str, after: str) -> None:
    assert secret not in SecretMask([Secret(secret)])(before + secret + after).replace(MASK, "\x00")


def test_log_records_are_masked_with_arguments_and_tracebacks() -> None:
    record = logging.LogRecord("pytest_dbops", logging.INFO, __file__, 1, "login %s", (PASSWORD,), None)
    try:
        raise ValueError(f"refused {PASSWORD}")
    except ValueError as err:
        record.exc_info = (type(err), err, err.__traceback__)

    assert MaskingFilter(SecretMask([Secret(PASSWORD)])).filter(record)

    shown = logging.Formatter().format(record)
    assert PASSWORD not in shown
    assert f"login {MASK}" in shown
    assert f"refused {MASK}" in shown
