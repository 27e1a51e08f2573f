"""No character that breaks XML or commands a terminal comes through raw."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pytest_dbops.reports.characters import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 日本語 é", "plain text, 日本語 é"),
        ("tab\tand\nline feed", "tab\tand\nline feed"),
        ("\x00\x07\x1b[31m", "\\x00\\x07\\x1b[31m"),
        ("\r\x7f\x85\x9b", "\\x0d\\x7f\\x85\\x9b"),
        ("\ud800\udfff\ufffe\uffff", "\\ud800\\udfff\\ufffe\\uffff"),
        ("\u202e\u2066\u2028", "\\u202e\\u2066\\u2028"),
    ],
)
def test_what_cannot_be_shown_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
@settings(deadline=None)
def test_any_text_is_legal_in_xml_and_stays_so(text: str) -> None:
    shown = visible(text)

    element = etree.Element("a")
    element.text = shown
    assert element.text == shown
    assert visible(shown) == shown
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_every_character_printed_as_it_is_cannot_be_one_of_those() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(0x110000))))

    assert visible(f"\n{printable}") == f"\n{printable}"
