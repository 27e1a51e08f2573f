"""Pages say what the code does: generated ones are those of today, blocks can be loaded, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from pytest_dbops.checks.own import load_own_checks
from pytest_dbops.cli.parsing import parse
from pytest_dbops.config.load import load_config
from tests.docs.blocks import blocks_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
TOML = [
    (page, block.text)
    for page in PAGES
    for block in blocks_of(page.read_text(encoding="utf-8"))
    if block.language == "toml"
]
COMMAND = "gate|health|checks|migrate|maintenance|config|env|scratch|baseline|init"
CALL = re.compile(rf"^(?:\$ )?dbops ((?:{COMMAND})\b[^\n#|>`]*)", re.MULTILINE)


def generator() -> ModuleType:
    spec = spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["catalogue", "checks", "cli", "configuration", "pytest"])
def test_generated_page_is_the_one_of_today(name: str) -> None:
    wanted = generator().pages()[f"reference/{name}.md"]
    assert (DOCS / f"reference/{name}.md").read_text(encoding="utf-8") == wanted, "run: python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8")) if target]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_anchors_of_other_pages_exist(page: Path) -> None:
    missing = []
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        text = (page.parent / target if target else page).read_text(encoding="utf-8") if anchor else ""
        if anchor and anchor[1:] not in _anchors(text):
            missing.append(f"{target}{anchor}")
    assert missing == []


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize(("page", "text"), TOML, ids=[f"{page.stem}-{number}" for number, (page, _) in enumerate(TOML)])
def test_toml_blocks_are_configurations(page: Path, text: str, tmp_path: Path) -> None:
    if "[project.entry-points" in text or "[tool." in text:
        tomllib.loads(text)
        return
    known = "" if "[env.staging]" in text or "NAME" in text else '[env.staging]\nurl = "env:X"\n'
    production = "" if "[env.production]" in text else '[env.production]\nurl = "env:Y"\n'
    file = tmp_path / "dbops.toml"
    file.write_text(f"{text}\n{known}{production}", encoding="utf-8")
    (tmp_path / "checks").mkdir()
    load_config(file, variables={})


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/own-checks.md", "docs/tutorial.md"])
def test_sql_and_python_checks_of_a_page_load(page: str, tmp_path: Path) -> None:
    blocks = blocks_of((ROOT / page).read_text(encoding="utf-8"))
    texts = [(block.language, block.text) for block in blocks if block.language == "sql" or "@check(" in block.text]
    files = [
        tmp_path / f"check_{number}.{'sql' if language == 'sql' else 'py'}"
        for number, (language, _) in enumerate(texts)
    ]
    for file, (_, text) in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    assert len(load_own_checks(files, root=tmp_path)) == len(texts) >= 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_calls_of_the_command_can_be_read(page: Path) -> None:
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language in ("bash", "sh", "console"):
            for words in CALL.findall(block.text):
                assert parse(shlex.split(words)).module is not None


@pytest.mark.parametrize("name", ["gate", "test"])
def test_readme_commands_are_sound_shell(name: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- command: {name} -->\n```bash\n(.+?)```", text, re.DOTALL)
    assert found is not None
    subprocess.run(["bash", "-n", "-c", found[1]], check=True)
    assert ".venv/bin/pytest" in found[1]
    assert found[1].startswith("python3 -m venv .venv && .venv/bin/pip install -q -e ")


def test_readme_extras_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = set(re.findall(r"\.\[(\w+)\]|pytest-dbops\[(\w+)\]", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {one or other for one, other in named} <= set(extras)


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
@pytest.mark.parametrize("script", [".ci/run", ".ci/readme-command"])
def test_scripts_are_sound_shell(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
