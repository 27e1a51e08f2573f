"""What an earlier run has judged is not judged again, unless anything that shapes it has changed."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.operations.migrations.project import project_history, project_scripts
from pytest_dbops.operations.migrations.walk_keys import Seen, walk_keys
from tests.fix_project import GateProject
from tests.migrations.defects import add, drop, table
from tests.migrations.project import ENV, Project, files_in

CONFIG = """
[project]
migrations = "migrations"

[env.staging]
url = "sqlite:///staging.sqlite3"
require = []
"""
CATEGORY = "dbops.toml::migrations"
IDS = ("a1", "b2", "c3")


@pytest.fixture
def shop(gate_project: GateProject) -> GateProject:
    """Three revisions, the second of which does not reverse; the third takes its column from a module."""
    gate_project.write("dbops.toml", CONFIG)
    history = Project(gate_project.path, "sqlite", files_in(gate_project.path))
    history.env("import shop.models\n" + ENV)
    gate_project.write("shop/__init__.py", "")
    gate_project.write("shop/models.py", "class Base:\n    pass\n")
    gate_project.write("shop/names.py", "COLUMN = 'other'\n")
    history.revision("a1", None, table("one"), 'op.drop_table("one")')
    history.revision("b2", "a1", add("one", "kept"), "pass")
    imported = "from shop.names import COLUMN\n"
    history.revision("c3", "b2", imported + 'op.add_column("one", sa.Column(COLUMN, sa.Text))', drop("one", "other"))
    return gate_project


def judged(project: GateProject, *options: str) -> tuple[str, list[Any]]:
    """Run the migrations' gate; return what the head of the report says of revisions, and all that was found."""
    project.run("--dbops-env=staging", "--dbops-revisions=all", CATEGORY, *options)
    report = project.report()
    told = [(r["id"], r["outcome"], r["findings"], r["duration_s"] > 0, r["line"]) for r in report["results"]]
    of_target = ("pending", "model_drift", "target_drift", "applied_unchanged", "fails_on_target")
    return report["revisions"], [each for each in told if each[0].partition("::")[2] not in of_target]


def test_second_run_of_an_unchanged_history_judges_from_the_cache_and_finds_the_same(shop: GateProject) -> None:
    first, found = judged(shop)
    again, found_again = judged(shop)
    fresh, found_afresh = judged(shop, "--dbops-fresh")

    assert (first, again, fresh) == ("all 3", "all 3, 3 of 3 from the cache", "all 3")
    assert found == found_again == found_afresh
    assert {each[1] for each in found} == {"passed", "failed", "skipped"}


def test_downgrades_that_are_ignored_are_not_run_and_nothing_judged_with_them_stands_in(shop: GateProject) -> None:
    judged(shop)
    log = shop.path.parent / "down.log"
    for file in (shop.path / "migrations/versions").glob("*.py"):
        noting = f"def downgrade():\n    open({str(log)!r}, 'a')"
        file.write_text(file.read_text().replace("def downgrade():", noting))
    judged(shop)
    log.unlink()
    shop.append("dbops.toml", '[migrations]\ndowngrades = "ignored"\n')

    told, found = judged(shop)

    assert (told, log.exists()) == ("all 3", False)
    ruled = ("reverses", "reapplies", "declared_irreversible", "single_head")
    assert {name: outcome for name, outcome, *_ in found if name.partition("::")[2].partition("[")[0] in ruled} == {
        **dict.fromkeys(
            (f"migrations::{check}[{each}]" for check in ("reverses", "reapplies") for each in IDS), "skipped"
        ),
        "migrations::declared_irreversible": "skipped",
        "migrations::single_head": "passed",
    }


def test_changed_revision_is_walked_again_with_what_follows_it(shop: GateProject) -> None:
    judged(shop)
    file = shop.path / "migrations/versions/b2.py"
    file.write_text(file.read_text().replace("    pass", "    op.drop_column('one', 'kept')"))

    told, found = judged(shop)

    assert told == "all 3, 1 of 3 from the cache"
    assert {each[1] for each in found if "::locks" not in each[0]} == {"passed"}


def test_module_that_a_revision_imports_counts_as_its_own_and_a_mapped_table_as_nobodys(shop: GateProject) -> None:
    judged(shop)
    shop.append("shop/models.py", "\n\nclass One(Base):\n    __tablename__ = 'one'\n    id = 1\n")
    assert judged(shop)[0] == "all 3, 3 of 3 from the cache"

    shop.append("shop/names.py", "UNUSED = 1\n")
    assert judged(shop)[0] == "all 3, 2 of 3 from the cache"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("migrations/env.py", "\n# changed\n"),
        ("shop/models.py", "naming_convention = {}\n"),
        ("migrations/versions/rows.csv", "1,2\n"),
        ("alembic.ini", "[alembic]\nscript_location = migrations\n"),
        ("settings.json", "{}"),
    ],
    ids=["env.py", "what env.py imports", "data that no revision names", "the ini", "a file that was seen to be read"],
)
def test_what_all_revisions_share_renames_them_all(name: str, text: str, shop: GateProject) -> None:
    before = names(shop)
    shop.append(name, text)

    after = names(shop)

    assert [each for each in after if after[each] == before[each]] == []


def test_data_that_a_revision_names_is_its_own(shop: GateProject) -> None:
    shop.append("migrations/versions/c3.csv", "1,2\n")
    before = names(shop)
    shop.append("migrations/versions/c3.csv", "3,4\n")

    after = names(shop)

    assert [each for each in after if after[each] == before[each]] == ["a1", "b2"]


def test_other_server_renames_them_all(shop: GateProject) -> None:
    before, after = names(shop), names(shop, "postgresql 16.4")
    assert [each for each in after if after[each] == before[each]] == []


def names(project: GateProject, server: str = "sqlite 3.40.1") -> dict[str, str]:
    """Return the name of each revision, as the files are now."""
    config = load_config(project.path / "dbops.toml", variables={})
    seen = Seen(files=("settings.json",))
    return dict(
        walk_keys(config, project_history(config), project_scripts(config), server=server, seen=seen).by_revision
    )


def test_cache_that_cannot_be_read_is_none(shop: GateProject) -> None:
    judged(shop)
    (shop.path / ".dbops/walks/sqlite.json").write_text('{"schema": 1, "judged": {"x": 3}}')

    assert judged(shop)[0] == "all 3"
    assert judged(shop)[0] == "all 3, 3 of 3 from the cache"


def test_revision_that_does_not_apply_is_judged_each_time_and_blocks_what_follows(shop: GateProject) -> None:
    file = shop.path / "migrations/versions/b2.py"
    file.write_text(file.read_text().replace('"one"', '"gone"'))
    ran = [shop.run("--dbops-env=staging", "--dbops-revisions=all", CATEGORY) and shop.report() for _ in range(2)]

    assert [each["revisions"] for each in ran] == ["all 3", "all 3, 1 of 3 from the cache"]
    outcomes = [{r["id"]: (r["outcome"], r["reason"]) for r in each["results"]} for each in ran]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]["migrations::applies[b2]"] == ("failed", "")
