"""Whatever stands in the file: it loads, or it is refused in one line that begins with the file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.config.load import TABLES, load_config
from pytest_dbops.config.show import render_config
from pytest_dbops.config.validate import validate
from pytest_dbops.config.waivers import WAIVER
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import TODAY

KEYS = sorted({key.name for table in TABLES for key in table.keys} | {"unknown", "a\nb", ""})
EXAMPLES = sorted({key.example.partition(" = ")[2] for table in TABLES for key in table.keys})
PLACES = ["env.staging", "env.testing.seeding", "checks.SCH003", "checks.x", "scratch.settings", "env"]
PLACES += [table.name for table in TABLES if table.name.isalpha()]
FITTING = [
    f"{table.name}.{key.name}".replace("NAME", "staging").replace("CODE", "SCH003")
    for table in TABLES
    for key in table.keys
    if not table.is_array
]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f")).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
simple = st.one_of(
    texts,
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["true", "false", "2027-03-01", "2027-03-01T00:00:00Z", "10:00:00", "[]", "{}", *EXAMPLES]),
)
values = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=2).map(
            lambda items: "{" + ", ".join(f"{json.dumps(name)} = {item}" for name, item in items.items()) + "}"
        ),
    ),
    max_leaves=4,
)
lines = st.tuples(st.sampled_from(PLACES), st.sampled_from(KEYS), values).map(
    lambda parts: f"{parts[0]}.{json.dumps(parts[1])} = {parts[2]}"
)
fitting_lines = st.tuples(st.sampled_from(FITTING), values).map(" = ".join)
tables = st.lists(fitting_lines | lines, max_size=4).map("\n".join)
waivers = st.dictionaries(st.sampled_from([key.name for key in WAIVER.keys]), values, min_size=4).map(
    lambda items: "\n".join(["[[waiver]]", *(f"{name} = {value}" for name, value in items.items())])
)
files = tables | waivers | st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(text=files)
def test_any_file_loads_or_is_refused_in_one_line(text: str) -> None:
    with tempfile.TemporaryDirectory(prefix="dbops-") as folder:
        file = Path(folder) / "dbops.toml"
        file.write_text(text, "utf-8", newline="")
        try:
            config = load_config(file, variables={}, today=TODAY)
        except ConfigError as refusal:
            assert str(refusal).startswith("dbops.toml")
            assert len(str(refusal).splitlines()) == 1
        else:
            assert render_config(config, origin=True)
            assert all(len(problem.splitlines()) == 1 for problem in validate(config))
