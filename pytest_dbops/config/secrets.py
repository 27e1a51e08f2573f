"""Which texts are secret, so that a mask can keep them out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pytest_dbops.config.environments import URL_VARIABLE
from pytest_dbops.config.keys import KeyEntry
from pytest_dbops.config.references import Form, parse_reference, passwords_in
from pytest_dbops.config.scratch import SHADOW_VARIABLE, Scratch
from pytest_dbops.config.variables import Variables
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.secret import Secret

KEY_VARIABLE = "ENCRYPTION_KEY"
_SHORTEST_VALUE = 8
_SECRET_NAME = re.compile(r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|_KEY)$", re.IGNORECASE)
# Masking these words would only spoil reports: they stand in nearly every text.
_COMMON_WORDS = frozenset({"postgres", "postgresql", "sqlite", "password", "database", "true", "false", "null", "none"})


def secrets_of_url(url: str) -> Iterator[Secret]:
    """Yield what must be masked of a resolved URL: its passwords, and the whole of it when it has one.

    A password that is a word of nearly every report (`postgres`) is masked only where it stands in a URL.
    """
    passwords = passwords_in(url)
    if passwords or "://" not in url:
        yield Secret(url)
    for password in passwords:
        yield Secret(f":{password}@")
        if password.lower() not in _COMMON_WORDS:
            yield Secret(password)


def known_secrets(
    environments: Iterable[Environment], scratch: Scratch, variables: Variables, keys: Iterable[KeyEntry] = ()
) -> Iterator[Secret]:
    """Yield the secrets of all variables that the configuration speaks of, as far as they are set.

    What the project's own code raises may hold any variable, so those whose name or form promises a secret count too.
    """
    environments = tuple(environments)
    yield from likely_secrets(variables.values)
    for name in {URL_VARIABLE, SHADOW_VARIABLE, *_referenced(environments, scratch)}:
        if value := variables.get(name).strip():
            yield from secrets_of_url(value)
    sources = {each.source.text for each in keys if each.source is not None and each.source.form is Form.ENV}
    for name in sorted({KEY_VARIABLE, "PGPASSWORD", *sources}):
        value = variables.get(name)
        if value and value.lower() not in _COMMON_WORDS:
            yield Secret(value)
            yield Secret(value.partition(":")[2])
    for environment in environments:
        for required in environment.policy.required_variables:
            # Short values are switches and names (`eu-west`, `true`), whose masking would spoil reports.
            if len(value := variables.get(required.name)) >= _SHORTEST_VALUE:
                yield Secret(value)


def likely_secrets(values: Mapping[str, str]) -> Iterator[Secret]:
    """Yield what is secret by its name (`..._TOKEN`, `..._PASSWORD`) or because it is a URL with a password."""
    for name, value in values.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_VALUE and value.lower() not in _COMMON_WORDS:
            yield Secret(value)
        elif "://" in value and passwords_in(value):
            yield from secrets_of_url(value)


def _referenced(environments: Iterable[Environment], scratch: Scratch) -> Iterator[str]:
    for environment in environments:
        for written in filter(None, (environment.url_reference, environment.pooler_reference)):
            reference = parse_reference(written)
            if reference.form is Form.ENV:
                yield reference.text
    if scratch.url is not None and scratch.url.form is Form.ENV:
        yield scratch.url.text
