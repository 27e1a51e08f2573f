"""Write what is made from the code: `python docs/generate.py`. Tests compare it with the code.

That is the pages of the reference, and the index of the shipped checks beside them.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pytest_dbops.checks.index import INDEX, render_index
from pytest_dbops.checks.registry import imported_checks
from pytest_dbops.cli.parsing import COMMANDS, EXIT_CODES, command_parser, module_of, top_parser
from pytest_dbops.cli.shapes import REPORT, Shape
from pytest_dbops.config.reference import render_reference
from pytest_dbops.core.check import INPUTS, Check
from pytest_dbops.plugin import MARKER, MAX_QUERIES, hookspecs, pytest_addoption

HERE = Path(__file__).parent
NOTE = "<!-- Made by `python docs/generate.py`; edit {} instead. -->\n"


def pages() -> dict[str, str]:
    """Return the text of each generated page, by its path below docs/."""
    return {
        "reference/catalogue.md": catalogue_page(),
        "reference/checks.md": checks_page(),
        "reference/cli.md": cli_page(),
        "reference/configuration.md": render_reference(),
        "reference/pytest.md": pytest_page(),
    }


def main() -> int:
    """Write the index and all pages, and name those that changed."""
    made = {HERE / name: text for name, text in pages().items()} | {INDEX: render_index(imported_checks())}
    for file, text in made.items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {file}\n")
    return 0


# --- checks -----------------------------------------------------------------------------------------------------


def checks_page() -> str:
    """Return the page of all shipped checks: a table, then what each says of itself."""
    checks = imported_checks()
    lines = ["# Checks", "", NOTE.format("the docstrings in pytest_dbops/checks"), _CHECKS_TEXT]
    lines += [
        "| code | bad state | severity | backends | environments | reads | owner |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_check_row(check) for check in checks]
    for category, members in groupby(checks, key=lambda check: check.category):
        lines += ["", f"## {category.capitalize()}"]
        for check in members:
            lines += ["", *_check_lines(check)]
    return "\n".join(lines) + "\n"


def _check_row(check: Check) -> str:
    kinds, owner = ", ".join(check.kinds) or "all", f"`{check.function.__module__.rpartition('.')[0]}`"
    return (
        f"| [{check.code}](#{check.code.lower()}) | {_cell(check.title)} | {check.severity.label} "
        f"| {', '.join(check.backends)} | {kinds} | {check.cost.value} | {owner} |"
    )


def _check_lines(check: Check) -> Iterator[str]:
    yield f'### <a id="{check.code.lower()}"></a>{check.code} `{check.name}`'
    yield ""
    yield check.description
    yield ""
    case = "[REVISION]" if check.step else "[TABLE.COLUMN]" if check.per else ""
    static = " Asked of test databases too." if check.is_static else ""
    yield f"`dbops.toml::{check.category}::{check.name}{case}`; needs {check.privilege.value}.{static}"
    if check.minimum_version:
        versions = (f"{name} {'.'.join(map(str, number))}" for name, number in sorted(check.minimum_version.items()))
        yield f"From {', '.join(versions)} on."
    if check.settings:
        yield from ("", "```toml", f"[checks.{check.code}]")
        yield from (f"{name} = {_toml(value)}" for name, value in check.settings.items())
        yield "```"


_CHECKS_TEXT = """\
Every check that is shipped. A code is never used again for another question. `dbops checks list` shows them together
with a project's own, `dbops checks show CODE` what one of them asks. *Reads* is the cost class: `catalog` reads no
table data, `sample` some rows, `full` all of them (`--dbops-cost`). Thresholds go into `[checks.CODE]` of dbops.toml,
where `enabled` and `severity` are possible for each. How to write a check: [own checks](../how-to/own-checks.md).
"""


# --- the catalogue ----------------------------------------------------------------------------------------------


def catalogue_page() -> str:
    """Return the page of what is asked elsewhere than its number says, and of what is left out."""
    catalogue = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    lines = ["# What is left out of the catalogue of health", "", NOTE.format("docs/health_catalogue.toml")]
    lines += [
        _CATALOGUE_TEXT.format(number=sum(catalogue["questions"].values())),
        "## Asked by other checks",
        "",
        "| number | question | checks |",
        "|---|---|---|",
    ]
    lines += [f"| {each['slot']} | {each['question']} | {_links(each['codes'])} |" for each in catalogue["elsewhere"]]
    lines += ["", "## Left out", "", "| number | question | why | what comes nearest |", "|---|---|---|---|"]
    lines += [
        f"| {each['slot']} | {each['question']} | {each['why']} | {each['nearest']} |" for each in catalogue["left_out"]
    ]
    lines += ["", "## Parts that are left out", "", "| checks | part | why |", "|---|---|---|"]
    lines += [f"| {_links(each['codes'])} | {each['part']} | {each['why']} |" for each in catalogue["part"]]
    proved, unproved = (" and ".join(map(str, catalogue["versions"][name])) for name in ("proved", "unproved"))
    return "\n".join([*lines, "", _VERSIONS_TEXT.format(proved=proved.replace(" and ", ", ", 3), unproved=unproved)])


def _links(codes: list[str]) -> str:
    return ", ".join(f"[{code}](checks.md#{code.lower()})" if code in _CODES else code for code in codes)


CATALOGUE = HERE / "health_catalogue.toml"
_CODES = {str(check.code) for check in imported_checks()}
_CATALOGUE_TEXT = """\
Tools that look after PostgreSQL and SQLite have asked the same questions for years: check_postgres, check_pgactivity,
PgHero, pganalyze, pgwatch, splinter, pg-index-health and others. Put together they are a catalogue of {number}
questions, and the check that answers question 4 of the schema is SCH004. No check is guessed that no server at hand can
prove; so here is what has another number, what has no check, and which parts of a question a check leaves out.
"""
_VERSIONS_TEXT = """\
## Versions

Each check is proved on real servers of PostgreSQL {proved} (as far as the machine that runs the tests has them) and
on real SQLite files. PostgreSQL {unproved} is known by name: it is read by the same statements as the versions before
it, and no test has proved that. What only it has (`REPACK`, `pg_stat_lock`, checksums switched on while the server
runs, autovacuum's scores) is not asked.
"""


# --- the command ------------------------------------------------------------------------------------------------


def cli_page() -> str:
    """Return the page of the command: options, verbs and JSON keys of each."""
    lines = ["# The command `dbops`", "", NOTE.format("the parsers in pytest_dbops/cli"), _CLI_TEXT]
    lines += ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {text} |" for code, text in EXIT_CODES.items()]
    lines += ["", "## Common options", "", *_options_table(_group(top_parser(), "common options"))]
    lines += ["", "## The report as JSON", "", _REPORT_TEXT, "", *_shape_lines(REPORT)]
    for name, text in COMMANDS.items():
        lines += ["", f"## `dbops {name}`", "", *_command_lines(command_parser(name), name, text)]
    return "\n".join(lines) + "\n"


def _command_lines(parser: argparse.ArgumentParser, name: str, text: str) -> Iterator[str]:
    verbs = _verbs(parser)
    if not verbs:
        yield from _parser_lines(parser, name, "")
        return
    yield f"{text[0].upper()}{text[1:]}."
    for verb, inner in verbs.items():
        yield from ("", f"### `dbops {name} {verb}`", "")
        yield from _parser_lines(inner, name, verb)


def _parser_lines(parser: argparse.ArgumentParser, name: str, verb: str) -> Iterator[str]:
    yield str(parser.description).strip()
    own = [*_group(parser, "positional arguments"), *_group(parser, "options")]
    own = [action for action in own if "--help" not in action.option_strings]
    if own:
        yield from ("", *_options_table(own))
    if parser.epilog:
        yield from ("", "```text", str(parser.epilog).strip(), "```")
    shape: Shape | None = module_of(name).JSON.get(verb)
    if shape is REPORT:
        yield from ("", "`--format json` prints [the report](#the-report-as-json).")
    elif shape is not None:
        many = "a list of objects" if shape.is_list else "one object"
        yield from ("", f"`--format json` prints {many}:", "", *_shape_lines(shape))


def _options_table(actions: list[argparse.Action]) -> Iterator[str]:
    yield from ("| option | meaning |", "|---|---|")
    for action in actions:
        value = f" {action.metavar}" if action.metavar and action.option_strings else ""
        names = ", ".join(f"`{word}{value}`" for word in action.option_strings) or f"`{action.metavar}`"
        if action.choices and not action.metavar:
            names += " " + " \\| ".join(map(str, action.choices))
        yield f"| {names} | {_cell(str(action.help))} |"


def _shape_lines(shape: Shape) -> Iterator[str]:
    yield from ("| key | meaning |", "|---|---|")
    yield from (f"| `{key}` | {_cell(meaning)} |" for key, meaning in shape.keys.items())


def _group(parser: argparse.ArgumentParser, title: str) -> list[argparse.Action]:
    """Return the options of one group; argparse has no public way to walk a parser, and its help differs by version."""
    groups = [group for group in parser._action_groups if group.title == title]
    actions = [action for group in groups for action in group._group_actions]
    return [action for action in actions if action.help is not argparse.SUPPRESS]


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


_CLI_TEXT = """\
`dbops [options] COMMAND ...`; the common options stand before or after the command. The result goes to standard
output, progress (on a terminal) and errors to standard error; an error is one line and no traceback
(`DBOPS_DEBUG=1` shows the frames, secrets masked). `NO_COLOR` and `FORCE_COLOR` are heeded. JSON keys are kept from
version to version: keys may be added, and none is taken away without notice.
"""
_REPORT_TEXT = "`health` and `gate` print the report of the run, described in full in [reports](report.md)."


# --- pytest -----------------------------------------------------------------------------------------------------


def pytest_page() -> str:
    """Return the page of the plugin: options, marker, hooks, node ids, statuses and exit codes."""
    recorder = _Recorder()
    pytest_addoption(recorder)  # type: ignore[arg-type]  # it takes options as pytest's parser does
    lines = ["# The pytest plugin", "", NOTE.format("pytest_dbops/plugin"), _PYTEST_TEXT]
    lines += ["## Options", "", "| option | meaning |", "|---|---|"]
    lines += [f"| `{f'{name} {metavar}'.strip()}` | {_cell(text)} |" for name, metavar, text in recorder.options]
    lines += [
        "",
        _NODE_IDS,
        "## Fixtures",
        "",
        _FIXTURES_TEXT,
        "| fixture | scope | what it is |",
        "|---|---|---|",
        *_fixture_rows(),
        "",
        "## Markers",
        "",
        *(f"- `{marker.partition(':')[0]}`:{marker.partition(':')[2]}" for marker in (MARKER, MAX_QUERIES)),
        "",
        "## Hooks",
        "",
    ]
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction):
        signature = re.sub(r"'", "", str(inspect.signature(function)))
        lines += [f"### `{name}{signature}`", "", inspect.cleandoc(function.__doc__ or ""), ""]
    lines += [_INPUTS_TEXT, "| argument | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in INPUTS.items()]
    return "\n".join(lines) + "\n"


def _fixture_rows() -> Iterator[str]:
    """Yield a row for each fixture, read from the source: pytest has no public way to ask for one's function."""
    for name in ("fixtures.py", "async_fixtures.py"):
        source = Path(inspect.getfile(hookspecs)).with_name(name).read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                scope = "session" if "session" in ast.dump(node.decorator_list[0]) else "test"
                yield f"| `{node.name}` | {scope} | {_cell((ast.get_docstring(node) or '').partition(chr(10))[0])} |"


class _Recorder:
    """Stands for pytest's parser and keeps what it is told."""

    def __init__(self) -> None:
        self.options: list[tuple[str, str, str]] = []

    def getgroup(self, *_: str) -> _Recorder:
        """Return the one group there is."""
        return self

    def addoption(self, name: str, **more: Any) -> None:
        """Keep one option."""
        choices = more.get("choices")
        self.options.append((name, " \\| ".join(choices) if choices else more.get("metavar", ""), more["help"]))


_PYTEST_TEXT = """\
`pytest --dbops-env=NAME` without a path on the command line is the gate of that environment and only the gate; paths
of `addopts` and `testpaths` do not count. With paths, exactly those are collected, and the gate is among them when
`dbops.toml` is. Plain `pytest` never collects a gate. Collecting connects nowhere.
"""
_NODE_IDS = """\
## Node ids

The anchor is the configuration's file; below it a module a category, an item a check:

```text
dbops.toml::schema::table_without_primary_key
dbops.toml::schema
dbops.toml::checks::invoice_totals_differ_from_lines
```

They can be copied, pasted and narrowed like any other id; `-k`, `-m dbops`, `--deselect`, `--lf`, `-x` and `-n 2` work
as for tests. A run of a part says that it is partial and never counts as a passed gate.

## Statuses and exit codes

| outcome | pytest shows | session |
|---|---|---|
| passed | passed | |
| warned: findings below `fail_on` | `WARNED` | stays green |
| failed: findings that count | failed, with the findings | fails |
| waived: nothing unwaived is left | xfail, with owner and date | stays green |
| skipped: does not apply here | skipped; the reasons are in `gate.txt`, and shown with `-v` or `-rs` | stays green |
| inconclusive: applies, could not be judged | `INCONCLUSIVE`, counted as an error | fails |

The session's exit code is pytest's own (0, 1, 2 interrupted, 4 usage, 5 nothing collected), and never greener than the
verdict. `dbops gate` runs the same session and tells blocked (1) from inconclusive or partial (3).
"""
_INPUTS_TEXT = """\
## Arguments of check functions

A check function names what it needs; these are all there are:
"""


_FIXTURES_TEXT = "How they are used: [Test with real databases](../how-to/fixtures.md).\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    sys.exit(main())
