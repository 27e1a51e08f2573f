"""A project's folder with one configuration file, to be loaded as often as a test likes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import ConfigError

TODAY = date(2026, 10, 1)


@dataclass(frozen=True)
class ProjectFolder:
    """A folder; `load` writes dbops.toml into it and loads that."""

    root: Path

    def load(
        self,
        text: str,
        variables: Mapping[str, str] | None = None,
        *,
        options: Mapping[str, object] | None = None,
        env_file: Path | None = None,
        name: str = "dbops.toml",
    ) -> Config:
        """Return the configuration of a file with this text."""
        file = self.root / name
        file.write_text(text, encoding="utf-8")
        return load_config(file, variables=variables or {}, options=options or {}, env_file=env_file, today=TODAY)

    def refuse(
        self,
        text: str,
        variables: Mapping[str, str] | None = None,
        *,
        options: Mapping[str, object] | None = None,
        env_file: Path | None = None,
        name: str = "dbops.toml",
    ) -> str:
        """Return the message with which a file of this text is refused; it is always one line."""
        with pytest.raises(ConfigError) as caught:
            self.load(text, variables, options=options, env_file=env_file, name=name)
        message = str(caught.value)
        assert "\n" not in message
        assert caught.value.__cause__ is None
        return message


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """An empty project folder."""
    return ProjectFolder(tmp_path)
