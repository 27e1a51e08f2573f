"""Alembic's configuration for a script folder or an ini file, with the URL of the scratch database put in."""

from __future__ import annotations

import configparser
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.migrating.urls import engine_url, wants_async_engine

if TYPE_CHECKING:
    from alembic.config import Config

_URL = "sqlalchemy.url"


def alembic_config(location: Path, url: str, *, root: Path) -> Config:
    """Return alembic's configuration for a folder with env.py or an ini file.

    url: plain, as in `postgresql://`; it gets the driver that the project's own ini names, where that is installed.
    root: the project's folder, in which its ini or pyproject.toml may stand.
    Raises ConfigError when there is nothing at `location`.
    """
    if not location.exists():
        raise ConfigError(f"migrations {str(location)!r} do not exist ([project] migrations in dbops.toml)")
    # Many an env.py reads logging from its ini, so a folder is given the ini that belongs to it.
    is_toml = location.suffix == ".toml"
    ini = ini_of(location, root) if location.is_dir() else None if is_toml else location
    config = _configured(ini, location if is_toml else root / "pyproject.toml")
    folder = location if location.is_dir() else _script_folder(config, location.parent)
    if folder is not None:
        config.set_main_option("script_location", _escaped(str(folder)))
    written = config.file_config.get(config.config_ini_section, _URL, raw=True, fallback="")
    config.set_main_option(_URL, _escaped(engine_url(url, written, is_async=_is_async(config, folder))))
    return config


def _configured(ini: Path | None, pyproject: Path) -> Config:
    from alembic.config import Config

    file = str(ini) if ini else None
    if pyproject.is_file() and "toml_file" in inspect.signature(Config).parameters:  # since alembic 1.16
        return Config(file, toml_file=str(pyproject))
    return Config(file)


def ini_of(folder: Path, root: Path) -> Path | None:
    """Return the ini beside the scripts, or the one further up in the project that says it is theirs."""
    beside = (folder, folder.parent)
    above = [place for place in folder.parents if place == root or root in place.parents]
    for place in dict.fromkeys((*beside, *above)):
        ini = place / "alembic.ini"
        if ini.is_file() and (place in beside or _is_ini_of(ini, folder, root)):
            return ini
    return None


def _is_ini_of(ini: Path, folder: Path, root: Path) -> bool:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(ini, encoding="utf-8")
        written = parser.get("alembic", "script_location")
    except (configparser.Error, UnicodeDecodeError):
        return False
    inside = written.replace("%(here)s", str(ini.parent)).rpartition(":")[2]
    places = {(start / inside).resolve() for start in (ini.parent, root)}
    return folder.resolve() in places or (":" in written and folder.parts[-1:] == Path(inside).parts[-1:])


def _script_folder(config: Config, beside: Path) -> Path | None:
    """Return the script folder when it is relative to the ini and not to where we are; else None."""
    place = config.get_main_option("script_location") or ""
    return beside / place if place and not Path(place).exists() and (beside / place).is_dir() else None


def _is_async(config: Config, folder: Path | None) -> bool:
    place = folder or Path(config.get_main_option("script_location") or "")
    try:
        return wants_async_engine((place / "env.py").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
