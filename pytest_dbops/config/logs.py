"""Loggers by area, with files, level and masking as the configuration says."""

from __future__ import annotations

import logging
import os
from typing import TextIO

from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import MaskingFilter

AREAS = ("database", "migrations", "seeding", "performance", "compliance", "maintenance", "ci_cd")
ROOT = "pytest_dbops"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MARK = "dbops"

# A library is silent unless somebody listens (Python's logging HOWTO); else warnings would go to standard error.
logging.getLogger(ROOT).addHandler(logging.NullHandler())


def logger_of(area: str) -> logging.Logger:
    """Return the logger of one area, `pytest_dbops.<area>`; log to it directly, so that its mask applies."""
    if area not in AREAS:
        raise ValueError(f"{area!r} is no area (one of {', '.join(AREAS)})")
    return logging.getLogger(f"{ROOT}.{area}")


def configure_logging(config: Config, environment: Environment, *, stream: TextIO | None = None) -> None:
    """Give each area its level, its mask, and with `[logging] dir` its file; replaces what an earlier call set up.

    stream: also write all areas there, as a command does to its standard error.
    Raises ConfigError when the folder cannot be made or written. Files are opened at the first record.
    """
    close_logging()
    files = _log_files(config, environment)
    mask = MaskingFilter(config.mask)
    mask.name = _MARK
    for area in AREAS:
        logger = logger_of(area)
        logger.setLevel(environment.policy.log_level)
        # Also on the logger: handlers of the user's own (pytest's among them) then see masked records.
        logger.addFilter(mask)
        handlers: list[logging.Handler] = []
        if area in files:
            handlers.append(logging.FileHandler(files[area], encoding="utf-8", errors="backslashreplace", delay=True))
        if stream is not None:
            handlers.append(logging.StreamHandler(stream))
        for handler in handlers:
            handler.set_name(_MARK)
            handler.addFilter(mask)
            handler.setFormatter(logging.Formatter(_FORMAT))
            logger.addHandler(handler)


def close_logging() -> None:
    """Close and remove what `configure_logging` set up; harmless when it never ran."""
    for area in AREAS:
        logger = logger_of(area)
        logger.setLevel(logging.NOTSET)
        for handler in [handler for handler in logger.handlers if handler.get_name() == _MARK]:
            logger.removeHandler(handler)
            handler.close()
        for mask in [item for item in logger.filters if getattr(item, "name", "") == _MARK]:
            logger.removeFilter(mask)


def _log_files(config: Config, environment: Environment) -> dict[str, str]:
    """Return the file of each area, empty without `[logging] dir`; the folder exists afterwards."""
    if not config.logging.dir:
        return {}
    folder = config.path(config.logging.dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError(f"cannot make the folder {folder} of [logging] dir: {err.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"cannot write into the folder {folder} of [logging] dir")
    names = {area: f"{area}.log" for area in AREAS} | {"database": f"database-{environment.name}.log"}
    return {area: str(folder / name) for area, name in names.items()}
