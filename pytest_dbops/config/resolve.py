"""Environments at the moment they are used: their URLs resolved, their variables judged, their targets apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from pytest_dbops.config.encryption import refuse_unfit_key
from pytest_dbops.config.environments import ENVIRONMENT_VARIABLE, URL_VARIABLE
from pytest_dbops.config.lookup import look_up
from pytest_dbops.config.model import Config
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.references import (
    Form,
    dialect_of,
    parse_reference,
    refuse_memory,
    unsupported,
)
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest, parse_server_url

_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})


def find_environment(config: Config, name: str | None = None) -> Environment:
    """Return an environment without resolving its URL; None means the one DBOPS_ENV or the command line chose.

    Raises ConfigError with the nearest name for one that is not configured, and for an empty name: a variable
    that is not set must not choose an environment.
    """
    wanted = config.environment if name is None else name
    if wanted in config.environments:
        return config.environments[wanted]
    known = config.environments
    if not wanted:
        raise ConfigError(f"the environment's name is empty (is a variable unset?); name one of {', '.join(known)}")
    said = f" (from {config.origins['environment']})" if name is None else ""
    problem = f"there is no environment {wanted!r}{said}{nearest_hint(wanted, known)}"
    raise ConfigError(f"{problem}; {config.file.name} has {', '.join(known)}")


def resolve_url(config: Config, environment_name: str | None = None) -> Environment:
    """Return an environment with its URL; an embedded one comes back as it is, with no URL.

    May read a file or run a command. Registers what is secret in `config.mask`. Raises ConfigError when the
    reference leads nowhere, to another product than declared, or, for development and testing, to the
    database of a staging or production environment.
    """
    environment = find_environment(config, environment_name)
    if environment.is_embedded:
        return environment
    url = _url_of(config, environment)
    if not environment.is_guarded:
        _refuse_guarded_target(config, environment, url)
    return replace(environment, url=Secret(url))


def use_environment(config: Config, environment_name: str | None = None) -> Environment:
    """Return an environment ready for use: its URL resolved, its key and its required variables in order."""
    environment = resolve_url(config, environment_name)
    problems = variable_problems(config, environment)
    if problems:
        raise ConfigError(f"environment {environment.name!r}: {'; '.join(problems)} (export it, or put it in .env)")
    refuse_unfit_key(config, environment)
    return environment


def variable_problems(config: Config, environment: Environment) -> tuple[str, ...]:
    """Return what is wrong with the required variables of an environment; values are never shown."""
    problems = []
    for required in environment.policy.required_variables:
        length = len(config.variables.get(required.name))
        if length == 0:
            problems.append(f"variable {required.name} is required and not set")
        elif length < required.min_length:
            problems.append(f"variable {required.name} has {length} characters; {required.min_length} are required")
    return tuple(problems)


def embedded_path(config: Config, environment: Environment) -> Path:
    """Return the file of an embedded SQLite environment; it need not exist yet."""
    return config.root / ".dbops" / f"{environment.name}.sqlite3"


def environment_urls(config: Config) -> Mapping[str, Secret]:
    """Return the URLs of all environments whose reference leads somewhere now, by name.

    A scratch URL is compared with them before anything is written to it. Runs the commands of `cmd:`.
    """
    urls: dict[str, Secret] = {}
    for name, environment in config.environments.items():
        if environment.is_embedded:
            continue
        try:
            urls[name] = Secret(_url_of(config, environment))
        except ConfigError:
            continue  # What leads nowhere cannot be harmed; it is reported when it is used.
    return urls


def pooler_url(config: Config, environment: Environment) -> Secret:
    """Return the URL of an environment's pooler; raises ConfigError when its reference leads nowhere."""
    subject = f"the pooler of environment {environment.name!r}"
    reference = parse_reference(environment.pooler_reference)
    url = look_up(reference, variables=config.variables, root=config.root, subject=subject, key="pooler")
    _register(config, url)
    if dialect_of(url) != "postgresql":
        raise ConfigError(f'{subject}: what is behind "{reference.written}" is no postgresql:// URL')
    return Secret(_usable(url, f'{subject}: the URL behind "{reference.written}"', config.root))


def scratch_request(config: Config, *, major: int | None = None) -> ServerRequest:
    """Return what `[scratch]` and SHADOW_DATABASE_URL ask for; `major` is wanted where they name no version."""
    scratch, url = config.scratch, None
    if scratch.url is not None:
        text = look_up(scratch.url, variables=config.variables, root=config.root, subject="scratch server")
        _register(config, text)
        if dialect_of(text) != "postgresql":
            problem = unsupported(text) if dialect_of(text) is None else "is of sqlite"
            raise ConfigError(f'scratch server: the URL behind "{scratch.url.written}" {problem}; PostgreSQL is needed')
        url = Secret(_usable(text, f'scratch server: the URL behind "{scratch.url.written}"', config.root))
    return ServerRequest(
        server=scratch.server,
        major=scratch.major or major,
        url=url,
        bindirs=tuple(str(config.path(place)) for place in scratch.bindirs),
        settings=scratch.settings,
    )


def _url_of(config: Config, environment: Environment) -> str:
    subject = f"environment {environment.name!r}"
    if not environment.url_reference:
        raise ConfigError(
            f'{subject} has no url (add to [env.{environment.name}]: url = "env:'
            f'{environment.name.upper().replace("-", "_")}_DATABASE_URL", or set {URL_VARIABLE} together with'
            f" {ENVIRONMENT_VARIABLE}={environment.name})"
        )
    reference = parse_reference(environment.url_reference)
    url = look_up(reference, variables=config.variables, root=config.root, subject=subject)
    _register(config, url)
    found = dialect_of(url)
    where = f'{subject}: the URL behind "{reference.written}"'
    if found is None:
        raise ConfigError(f"{where} {unsupported(url)}")
    if found != environment.dialect:
        raise ConfigError(f"{where} is of {found}, but dialect is {environment.dialect!r} (set dialect = {found!r})")
    return _usable(url, where, config.root)


def _usable(url: str, where: str, root: Path) -> str:
    """Return a URL that can be handed on: a SQLite path made absolute, a PostgreSQL URL that can be read."""
    if dialect_of(url) == "sqlite":
        try:
            refuse_memory(url)
        except ValueError as err:
            raise ConfigError(f"{where} {err}") from None
        scheme, _, rest = url.partition("://")
        path, mark, query = rest[1:].partition("?")
        return f"{scheme}:///{root / path}{mark}{query}"
    try:
        parse_server_url(url)
    except ValueError:
        # The library's own text is not shown: it may quote the login.
        raise ConfigError(f"{where} cannot be read: its host or port is malformed") from None
    return url


def _refuse_guarded_target(config: Config, environment: Environment, url: str) -> None:
    """Refuse a URL of development or testing that is the database of a guarded environment."""
    for other in config.environments.values():
        if not other.is_guarded or not other.url_reference:
            continue
        reference = parse_reference(other.url_reference)
        if reference.form is Form.CMD:
            continue  # Not worth a command of another environment; the handshake and the marker still stand.
        try:
            target = _url_of(config, other)
        except ConfigError:
            continue
        if _place_of(target) == _place_of(url):
            raise ConfigError(
                f"environment {environment.name!r} of kind {environment.kind.value!r} leads to the database of"
                f" {other.name!r}; that must never be treated as {environment.kind.value}"
                f" (mend {environment.url_reference!r} or {other.url_reference!r})"
            )


def _place_of(url: str) -> tuple[str, ...]:
    if dialect_of(url) == "sqlite":
        return ("sqlite", str(Path(unquote(url.partition("://")[2].partition("?")[0][1:])).resolve()))
    address = parse_server_url(url)
    host = address.host.lower()
    is_here = host in _LOCAL or host.startswith("/")
    return ("postgresql", "localhost" if is_here else host, str(address.port), address.database)


def _register(config: Config, text: str) -> None:
    for secret in secrets_of_url(text):
        config.mask.add(secret)
