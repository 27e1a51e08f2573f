"""`dbops init` finds scripts and MetaData however a project writes them down, and never overwrites anything."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.core.errors import ConfigError, UsageError
from pytest_dbops.operations.initialise import Found, apply_init, plan_init, render_config_file
from pytest_dbops.operations.script_location import find_script_location

MODELS = "from sqlalchemy import MetaData\nmetadata = MetaData()\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's folder."""
    made = tmp_path / "project"
    made.mkdir()
    return made


def write(root: Path, name: str, text: str = "") -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def scripts(root: Path, folder: str = "migrations", env: str = "target_metadata = None\n") -> Path:
    write(root, f"{folder}/script.py.mako")
    write(root, f"{folder}/versions/.keep")
    return write(root, f"{folder}/env.py", env)


# Where the scripts are

PLACES = {
    "a relative path": ("alembic.ini", "[alembic]\nscript_location = db/migrations\n"),
    "a path from the ini": ("alembic.ini", "[alembic]\nscript_location = %(here)s/db/migrations\n"),
    "a path from an ini further down": ("db/alembic.ini", "[alembic]\nscript_location = migrations\n"),
    "a path from the root in an ini further down": ("db/alembic.ini", "[alembic]\nscript_location = db/migrations\n"),
    "a package": ("alembic.ini", "[alembic]\nscript_location = db:migrations\n"),
    "a template": ("alembic.ini", "[alembic]\nscript_location = {alembic_dir}\nsqlalchemy.url = {db_url}\n"),
    "pyproject.toml": ("pyproject.toml", '[tool.alembic]\nscript_location = "db/migrations"\n'),
    "pyproject.toml from here": ("pyproject.toml", '[tool.alembic]\nscript_location = "%(here)s/db/migrations"\n'),
    "an ini without a section": ("alembic.ini", "script_location = nowhere\n"),
    "an ini that is no text": ("alembic.ini", "[alembic]\nscript_location = \udcff\n"),
    "a pyproject.toml that is no TOML": ("pyproject.toml", "[tool.alembic\n"),
    "a pyproject.toml of another shape": ("pyproject.toml", "tool = 1\n"),
    "env.py alone": ("README.md", ""),
}


@pytest.mark.parametrize(("name", "text"), PLACES.values(), ids=PLACES)
def test_scripts_are_found_through(name: str, text: str, root: Path) -> None:
    scripts(root, "db/migrations")
    (root / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    assert find_script_location(root) == "db/migrations"


def test_package_in_a_source_folder_is_found(root: Path) -> None:
    scripts(root, "src/shop/db/migrations")
    write(root, "alembic.ini", "[alembic]\nscript_location = shop.db:migrations\n")

    assert find_script_location(root) == "src/shop/db/migrations"


def test_what_the_ini_names_comes_before_other_scripts(root: Path) -> None:
    scripts(root, "migrations")
    scripts(root, "tests/data/migrations")
    write(root, "alembic.ini", "[alembic]\nscript_location = migrations\n")

    assert find_script_location(root) == "migrations"


def test_several_candidates_are_listed(root: Path) -> None:
    scripts(root, "one/migrations")
    scripts(root, "two/migrations")

    with pytest.raises(ConfigError, match=r"several .* are there: one/migrations, two/migrations \(choose one"):
        plan_init(root)


def test_environments_and_folders_of_tools_are_passed_over(root: Path) -> None:
    scripts(root, "migrations")
    scripts(root, "venv/lib/python3/site-packages/other/migrations")
    scripts(root, "node_modules/other/migrations")
    write(root, "env.py")
    (root / "loop").symlink_to(root)

    assert find_script_location(root) == "migrations"


def test_project_without_scripts_is_told_what_to_do(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"no alembic scripts are under .* \(run alembic init first"):
        plan_init(root)


def test_seeds_of_a_project_with_a_configuration_need_no_scripts(root: Path) -> None:
    write(root, "dbops.toml", '[project]\nmetadata = "shop.models:metadata"\n')

    plan = plan_init(root, with_seeds=True)

    assert plan.found == Found("", "shop.models:metadata")
    assert [name for name, _ in plan.files] == ["seeds/__init__.py", "seeds/example.py"]
    assert plan.kept == ("dbops.toml",)


def test_configuration_that_is_no_toml_is_told(root: Path) -> None:
    write(root, "dbops.toml", "[project\n")
    with pytest.raises(ConfigError, match=r"^dbops.toml cannot be read: .*at line 1"):
        plan_init(root, with_seeds=True)


@pytest.mark.parametrize("given", ["other/migrations", "other/alembic.ini"])
def test_scripts_may_be_named_by_hand(given: str, root: Path) -> None:
    scripts(root, "one/migrations")
    scripts(root, "other/migrations", "from shop.models import Base\ntarget_metadata = Base.metadata\n")
    write(root, "other/alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n")

    assert plan_init(root, migrations=given).found == Found(given, "shop.models:Base")


@pytest.mark.parametrize("given", ["nowhere", "README.md", "one"])
def test_scripts_named_by_hand_have_to_be_some(given: str, root: Path) -> None:
    scripts(root, "one/migrations")
    write(root, "README.md")

    with pytest.raises(ConfigError, match=f"--migrations '{given}' is no alembic script folder"):
        plan_init(root, migrations=given)


# Which MetaData

IMPORTS = {
    "an attribute of a class": ("from shop.models import Base\ntarget_metadata = Base.metadata", "shop.models:Base"),
    "a MetaData": ("from shop.models import metadata\ntarget_metadata = metadata", "shop.models:metadata"),
    "an alias": ("from shop.models import Base as B\ntarget_metadata = B.metadata", "shop.models:Base"),
    "a module": ("from shop import models\ntarget_metadata = models.metadata", "shop.models:metadata"),
    "a class in a module": ("from shop import models\ntarget_metadata = models.Base.metadata", "shop.models:Base"),
    "a module by its full name": ("import shop.models\ntarget_metadata = shop.models.metadata", "shop.models:metadata"),
    "a module under another name": ("import shop.models as m\ntarget_metadata = m.Base.metadata", "shop.models:Base"),
    "an object of a package": ("from shop import db\ntarget_metadata = db.metadata", "shop:db"),
    "an object's class": ("from shop import db\ntarget_metadata = db.Model.metadata", "shop:db.Model"),
    "another name in between": (
        "from shop.models import Base\nmodel = Base\nmeta = model.metadata\ntarget_metadata = meta", "shop.models:Base"
    ),
    "the last of several": (
        "from shop.models import Base\ntarget_metadata = None\ntarget_metadata = Base.metadata", "shop.models:Base"
    ),
    "a typed name": ("from shop.models import Base\ntarget_metadata: object = Base.metadata", "shop.models:Base"),
    "its own name": ("from shop.models import metadata as target_metadata", "shop.models:metadata"),
    "a list of one": ("from shop.models import Base\ntarget_metadata = [Base.metadata]", "shop.models:Base"),
    "a library's module": ("from wares import orm\ntarget_metadata = orm.Base.metadata", "wares.orm:Base"),
    "a library's class": ("from wares import Ware\ntarget_metadata = Ware.metadata", "wares:Ware"),
    "all names of a module": ("from shop.models import *\ntarget_metadata = Base.metadata", "shop.models:Base"),
    "a source folder": ("from store.models import Base\ntarget_metadata = Base.metadata", "store.models:Base"),
    "another encoding": (
        "# -*- coding: latin-1 -*-\nfrom shop.models import Base\n# \xe4\ntarget_metadata = Base.metadata",
        "shop.models:Base",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("env", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_metadata_is_found_through(env: str, expected: str, root: Path) -> None:
    write(root, "shop/models.py", MODELS)
    write(root, "src/store/models.py", MODELS)
    scripts(root).write_bytes(env.encode("latin-1"))

    assert plan_init(root).found == Found("migrations", expected)


UNTOLD = {
    "None": ("target_metadata = None", "target_metadata in env.py is None"),
    "nothing": ("x = 1", "env.py sets no target_metadata"),
    "several": (
        "from shop.models import A, B\ntarget_metadata = [A.metadata, B.metadata]",
        "target_metadata in env.py is a list of 2: shop.models:A, shop.models:B",
    ),
    "a relative import": (
        "from .models import Base\ntarget_metadata = Base.metadata",
        "target_metadata in env.py comes from a relative import",
    ),
    "a call": ("target_metadata = get_metadata()", "target_metadata in env.py is computed when env.py runs"),
    "a name of nowhere": (
        "target_metadata = Base.metadata", "target_metadata in env.py is 'Base', which is not imported by its name"
    ),
    "a name of itself": (
        "target_metadata = target_metadata",
        "target_metadata in env.py is 'target_metadata', which is not imported by its name",
    ),
    "no Python": ("def (", "env.py is no Python that can be read: invalid syntax (<unknown>, line 1)"),
}  # fmt: skip


@pytest.mark.parametrize(("env", "note"), UNTOLD.values(), ids=UNTOLD)
def test_metadata_that_cannot_be_told_is_left_out_with_the_reason(env: str, note: str, root: Path) -> None:
    scripts(root, env=env)

    plan = plan_init(root)

    assert plan.found == Found("migrations", "", note)
    assert "# metadata = " in dict(plan.files)["dbops.toml"]


@pytest.mark.parametrize("raw", [b"\x00\x01", b"\xff\xfe\xff", b"# coding: nothing\n", "\ufeff".encode()])
def test_odd_bytes_in_an_env_are_no_obstacle(raw: bytes, root: Path) -> None:
    scripts(root).write_bytes(raw)

    assert plan_init(root).found.metadata == ""


def test_named_metadata_comes_before_what_is_found(root: Path) -> None:
    scripts(root)

    assert plan_init(root, metadata="shop.models:Base").found == Found("migrations", "shop.models:Base")


# What is written


def test_written_configuration_loads_and_says_what_was_found(root: Path) -> None:
    write(root, "shop/models.py", MODELS)
    scripts(root, env="from shop.models import metadata\ntarget_metadata = metadata")

    written = apply_init(plan_init(root))

    assert written == ("dbops.toml", "checks/empty_revision_number.sql", "checks/table_name_with_blank.py")
    project = load_config(root / "dbops.toml", variables={}).project
    assert (project.migrations, project.metadata, project.checks) == ("migrations", "shop.models:metadata", ("checks",))


@pytest.mark.parametrize("name", ['with "quotes"', "back\\slash", "ünï cödé", "tab\there", "{braces}", "50%"])
def test_configuration_holds_paths_of_any_name(name: str) -> None:
    assert tomllib.loads(render_config_file(Found(name, "")))["project"]["migrations"] == name


def test_second_run_writes_nothing(root: Path) -> None:
    scripts(root)
    first = apply_init(plan_init(root))
    before = {file: file.stat().st_mtime_ns for file in root.rglob("*") if file.is_file()}

    plan = plan_init(root)

    assert (apply_init(plan), plan.kept) == ((), first)
    assert {file: file.stat().st_mtime_ns for file in root.rglob("*") if file.is_file()} == before


def test_project_with_a_configuration_gets_no_examples(root: Path) -> None:
    scripts(root)
    write(root, "dbops.toml", "# mine")

    plan = plan_init(root)

    assert (plan.files, plan.kept) == ((), ("dbops.toml",))


def test_existing_check_is_kept(root: Path) -> None:
    scripts(root)
    mine = write(root, "checks/table_name_with_blank.py", "import pytest_dbops")

    written = apply_init(plan_init(root))

    assert written == ("dbops.toml", "checks/empty_revision_number.sql")
    assert mine.read_text() == "import pytest_dbops"


def test_file_that_appears_meanwhile_is_kept(root: Path) -> None:
    scripts(root)
    plan = plan_init(root)
    write(root, "dbops.toml", "# mine")

    assert "dbops.toml" not in apply_init(plan)
    assert (root / "dbops.toml").read_text() == "# mine"


def test_link_that_leads_nowhere_is_kept(root: Path) -> None:
    scripts(root)
    (root / "dbops.toml").symlink_to(root / "gone.toml")

    assert plan_init(root).files == ()


def test_folder_of_another_purpose_is_not_taken_for_checks(root: Path) -> None:
    scripts(root)
    write(root, "checks/health.py", "raise RuntimeError('imported')")

    plan = plan_init(root)

    assert [name for name, _ in plan.files][1:] == [
        "dbops_checks/empty_revision_number.sql", "dbops_checks/table_name_with_blank.py"
    ]  # fmt: skip
    assert 'checks     = ["dbops_checks"]' in plan.files[0][1]


def test_file_in_the_place_of_the_checks_is_one_line(root: Path) -> None:
    scripts(root)
    write(root, "checks", "a file")

    with pytest.raises(UsageError, match="'checks' is no folder"):
        apply_init(plan_init(root))


def test_folder_that_cannot_be_written_is_one_line(root: Path) -> None:
    scripts(root)
    plan = plan_init(root)
    root.rename(root.with_name("moved"))
    root.write_text("in the way")

    with pytest.raises(UsageError, match=r"^dbops.toml cannot be written: 'project' is no folder$"):
        apply_init(plan)


def test_example_asks_no_version_table_where_the_project_has_its_own(root: Path) -> None:
    scripts(root, env="context.configure(version_table='history')\ntarget_metadata = None")

    assert "alembic_version" not in "".join(text for _, text in plan_init(root).files)
