"""Whoever does not use the plugin does not pay for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "sqlalchemy",
    "alembic",
    "psycopg",
    "faker",
    "cryptography",
    "testcontainers",
    "jinja2",
    "junit_xml",
    "sqlite3",
)
LOADED = f"sorted(set({HEAVY!r}) & set(sys.modules))"
OURS = {
    "pytest_dbops",
    "pytest_dbops.core",
    "pytest_dbops.core.errors",
    "pytest_dbops.plugin",
    "pytest_dbops.plugin.fixtures",
    "pytest_dbops.plugin.hookspecs",
    "pytest_dbops.plugin.selection",
}


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, pytest_dbops; print({LOADED}, 'typing' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "[] False\n"


IDLE = f"""
import sys
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    print("heavy:", {LOADED})
    print("ours:", " ".join(sorted(name for name in sys.modules if name.startswith("pytest_dbops"))))
"""


@pytest.mark.parametrize("more", [(), ("--fixtures",), ("--markers",)], ids=["run", "fixtures", "markers"])
def test_idle_session_imports_nothing_heavy(pytester: pytest.Pytester, more: tuple[str, ...]) -> None:
    pytester.makeconftest(IDLE)
    pytester.makepyfile("def test_nothing(): pass")
    pytester.makefile(".toml", dbops='[env.staging]\nurl = "env:NOT_SET"\n')
    result = _run(pytester, *more)
    assert result.ret == 0
    heavy = [line for line in result.outlines if line.startswith("heavy:")]
    assert heavy in (["heavy: []"], [])


def test_idle_session_loads_a_handful_of_our_files(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(IDLE)
    pytester.makepyfile("def test_nothing(): pass")
    ours = next(line for line in _run(pytester).outlines if line.startswith("ours:"))
    assert set(ours.split()[1:]) <= OURS


def _run(pytester: pytest.Pytester, *more: str) -> pytest.RunResult:
    """Run pytest with our plugin alone: other plugins import what they like."""
    pytester._monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester.runpytest_subprocess("-p", "pytest_dbops.plugin", "-p", "no:cacheprovider", "-s", "-q", *more)


REWRITTEN = """
import sys

def pytest_unconfigure():
    found = [module for name, module in sys.modules.items() if name.startswith("pytest_dbops.")]
    rewritten = [each.__name__ for each in found if "rewrite" in type(each.__loader__).__module__]
    print("rewritten:", rewritten, len(found))
"""


def test_our_modules_are_imported_as_any_others(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(REWRITTEN)
    pytester.makepyfile("def test_database(dbops_env): assert dbops_env.name == 'testing'")
    pytester.makefile(".toml", dbops='[env.testing]\nurl = "embedded:sqlite"\n')
    result = _run(pytester, "-s")
    (line,) = (line for line in result.outlines if "rewritten:" in line)
    assert line.split("rewritten: ")[1].startswith("['pytest_dbops.plugin', 'pytest_dbops.plugin.hookspecs'] ")
    assert int(line.split()[-1]) > 50
