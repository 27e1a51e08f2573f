"""Every key the loader accepts is documented, and every documented key is accepted."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pytest_dbops.config.load import TABLES
from pytest_dbops.config.policies import ENVIRONMENT_POLICY_KEYS
from pytest_dbops.config.reference import render_reference
from pytest_dbops.config.show import effective_values
from pytest_dbops.config.table import Key, Table
from pytest_dbops.core.environment import Policy
from tests.unit.config.conftest import ProjectFolder

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
KEYS = [(table, key) for table in TABLES for key in table.keys]


def _written(table: Table, examples: str) -> str:
    name = table.name.replace("NAME", "staging").replace("CODE", "SCH003")
    known = "" if table.name == "env.NAME" else "[env.staging]\n"
    return f"{known}[[{name}]]\n{examples}\n" if table.is_array else f"{known}[{name}]\n{examples}\n"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_all_examples_of_a_table_are_accepted_together(project: ProjectFolder, table: Table) -> None:
    examples = "\n".join(key.example for key in table.keys)

    config = project.load(_written(table, examples))

    written = {item.key for item in effective_values(config) if item.origin.startswith("dbops.toml:")}
    assert written >= {key.name for key in table.keys}


@pytest.mark.parametrize(("table", "key"), KEYS, ids=[f"{table.name}.{key.name}" for table, key in KEYS])
def test_key_has_its_row_and_its_example(table: Table, key: Key[Any]) -> None:
    title = f"[[{table.name}]]" if table.is_array else f"[{table.name}]"
    section = PAGE.read_text("utf-8").partition(f"## `{title}`")[2].partition("\n## ")[0]

    assert f"| `{key.name}` | " in section
    assert f"\n{key.example}\n" in section
    assert key.example.startswith(f"{key.name} = ")


def test_page_is_what_the_tables_make() -> None:
    assert PAGE.read_text("utf-8") == render_reference()


def test_every_field_of_a_policy_can_be_configured() -> None:
    names = {key.name for key in ENVIRONMENT_POLICY_KEYS} | {"seeding", "locks"}

    assert names == {field.name for field in fields(Policy)}


def test_every_variable_is_documented() -> None:
    page = PAGE.read_text("utf-8")
    names = ("DATABASE_URL", "SHADOW_DATABASE_URL", "ENCRYPTION_KEY", "LOG_LEVEL", "DBOPS_ENV")

    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_documented_defaults_are_those_in_force(project: ProjectFolder) -> None:
    values = {f"{item.table}.{item.key}": item.value for item in effective_values(project.load(""))}

    documented = {f"{table.name}.{key.name}": key.default for table, key in KEYS if table.name in ("gate", "scratch")}
    assert values["gate.fail_on"] == f'"{documented["gate.fail_on"]}"'
    assert values["gate.reports"] == '["text", "json", "junit"]'
    assert documented["gate.reports"] == "text, json, junit"
    assert values["gate.reports_dir"] == f'"{documented["gate.reports_dir"]}"'
    assert values["gate.junit_profile"] == f'"{documented["gate.junit_profile"]}"'
    assert values["scratch.server"] == f'"{documented["scratch.server"]}"'
