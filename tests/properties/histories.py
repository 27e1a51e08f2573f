"""Hypothesis strategies: any history, written into files in any of the ways people and alembic write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Node:
    """A revision of a generated history; `style` is how its file spells what it assigns."""

    id: str
    down: tuple[str, ...]
    depends_on: tuple[str, ...]
    label: str
    title: str
    style: int


ids = st.text("0123456789abcdef", min_size=4, max_size=6)
titles = st.text("abcdefgh .'\u00e9\u65e5", max_size=20).map(str.strip)


@st.composite
def histories(draw: st.DrawFn, *, is_sound: bool = True) -> tuple[Node, ...]:
    """Return nodes in the order of their making; unsound ones may refer to themselves, to later ones or to nobody."""
    names = draw(st.lists(ids, min_size=1, max_size=9, unique=True))
    nodes: list[Node] = []
    for number, name in enumerate(names):
        pool = names[:number] if is_sound else [*names, "nobody"]
        down = draw(st.lists(st.sampled_from(pool), max_size=2, unique=True)) if pool else []
        if is_sound and pool and draw(st.integers(0, 3)):
            down = down or [draw(st.sampled_from(pool))]
        depends_on = draw(st.lists(st.sampled_from(pool), max_size=2, unique=True)) if pool else []
        label = f"branch_{number}" if not draw(st.integers(0, 3)) else ""
        nodes.append(
            Node(name, tuple(down), tuple(depends_on), label, draw(titles), draw(st.integers(0, len(STYLES) - 1)))
        )
    return tuple(nodes)


def write_history(folder: Path, nodes: tuple[Node, ...]) -> None:
    """Write nodes as revision files whose names are in no order of descent."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for node in nodes:
        body = f'"""{node.title or "untitled"}\n\nRevision ID: {node.id}\n"""\n{STYLES[node.style](node)}\n{FUNCTIONS}'
        (versions / f"{node.id}.py").write_text(body, encoding="utf-8")


FUNCTIONS = "def upgrade():\n    pass\n\ndef downgrade():\n    pass\n"


def _plain(node: Node) -> str:
    return (
        f"revision = {node.id!r}\ndown_revision = {_scalar(node.down)!r}\n"
        f"branch_labels = {node.label or None!r}\ndepends_on = {_scalar(node.depends_on)!r}\n"
    )


def _annotated(node: Node) -> str:
    return (
        "from __future__ import annotations\nfrom typing import Sequence, Union\n"
        f"revision: str = {node.id!r}\ndown_revision: Union[str, Sequence[str], None] = {_scalar(node.down)!r}\n"
        f"branch_labels: Union[str, None] = {(node.label,) if node.label else None!r}\n"
        f"depends_on: Union[str, Sequence[str], None] = {node.depends_on or None!r}\n"
    )


def _unpacked(node: Node) -> str:
    values = node.id, _scalar(node.down), [node.label] if node.label else [], list(node.depends_on)
    return "(revision, down_revision, branch_labels, depends_on) = " + ", ".join(map(repr, values)) + "\n"


def _pieced(node: Node) -> str:
    parents = "".join(f"{each[:2]!r} {each[2:]!r}, " for each in node.down)
    labels = f"{{{node.label!r}}}" if node.label else "None"
    return (
        f"HALF = {node.id[:2]!r}\nrevision = f'{{HALF}}{node.id[2:]}'\nrevision += ''\ndown_revision = ({parents})\n"
        f"try:\n    branch_labels = {labels}\nfinally:\n    depends_on = {list(node.depends_on)!r} + []\n"
    )


def _bare(node: Node) -> str:
    """Leave out what alembic does not insist on."""
    rest = (f"branch_labels = {node.label!r}\n" if node.label else "") + (
        f"depends_on = {node.depends_on!r}\n" if node.depends_on else ""
    )
    return f"revision = other = {node.id!r}\ndown_revision = {list(node.down)!r}\n{rest}"


def _scalar(ids: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return ids if len(ids) > 1 else ids[0] if ids else None


STYLES = (_plain, _annotated, _unpacked, _pieced, _bare)
