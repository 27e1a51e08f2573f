"""Variables of the process come first, `.env` adds what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.config.variables import load_variables
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import ProjectFolder

TEXT = """\
# a comment

export PLAIN=one
QUOTED="two words"   # why
COMPOSED=${PLAIN}-${SHELL_ONLY}-${NOWHERE:-other}
TAKEN=from the file
EMPTY_IN_SHELL=from the file
NO_VALUE
"""


def test_env_file_never_overrides_a_variable(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(TEXT)

    variables = load_variables({"TAKEN": "from the shell", "EMPTY_IN_SHELL": "", "SHELL_ONLY": "s"}, env_file=file)

    assert dict(variables.values) == {
        "TAKEN": "from the shell",
        "EMPTY_IN_SHELL": "",
        "SHELL_ONLY": "s",
        "PLAIN": "one",
        "QUOTED": "two words",
        "COMPOSED": "one-s-other",
    }
    assert variables.origin("PLAIN") == "variable PLAIN (.env:3)"
    assert variables.origin("COMPOSED") == "variable COMPOSED (.env:5)"
    assert variables.origin("TAKEN") == "variable TAKEN"


def test_malformed_line_is_refused_without_showing_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\n\n\nJWT_SECRET='Tr0ub4dor\n")

    with pytest.raises(ConfigError) as caught:
        load_variables({}, env_file=file)

    assert str(caught.value) == ".env:4: not a line of the form NAME=value (mend it, or put # before it)"


def test_env_file_beside_the_configuration_is_read_by_itself(project: ProjectFolder) -> None:
    (project.root / ".env").write_text("DBOPS_ENV=testing\n")

    config = project.load("")

    assert (config.environment, config.origins["environment"]) == ("testing", "variable DBOPS_ENV (.env:1)")


def test_env_file_that_is_asked_for_must_exist(project: ProjectFolder) -> None:
    message = project.refuse("", env_file=project.root / "other.env")

    assert message == f"cannot read {project.root / 'other.env'}: No such file or directory"


def test_values_are_not_in_the_repr(tmp_path: Path) -> None:
    variables = load_variables({"JWT_SECRET": "Tr0ub4dor"}, env_file=None)

    assert "Tr0ub4dor" not in repr(variables)
