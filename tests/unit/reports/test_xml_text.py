"""Our XML writer writes what ElementTree writes."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.reports.xml_text import element_text
from tests.unit.strategies import texts

names = st.sampled_from(["a", "testcase", "system-out"])


def element(tag: str, attributes: dict[str, str], text: str, tail: str, children: list[Element]) -> Element:
    """Return an element with all its parts."""
    made = Element(tag, attributes)
    made.text, made.tail = text, tail
    made.extend(children)
    return made


elements = st.recursive(
    st.builds(element, names, st.dictionaries(names, texts, max_size=2), texts, texts, st.just([])),
    lambda inner: st.builds(
        element, names, st.dictionaries(names, texts, max_size=2), texts, texts, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(elements)
@settings(deadline=None)
def test_any_tree_is_written_as_elementtree_writes_it(tree: Element) -> None:
    assert element_text(tree) == ElementTree.tostring(tree, encoding="unicode")
