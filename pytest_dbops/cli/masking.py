"""The last net under errors: what the process itself knows to be secret, whatever was or was not configured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.secret import MASK, Secret, SecretMask

_SHORTEST = 8
_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|KEY)$", re.IGNORECASE)
_LOGIN = re.compile(r"(://[^\s/@:]*:)[^\s/@]+@|(\bpassword\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)


def mask_of_process(variables: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks what the variables hold, and any login it can tell by its form."""
    mask = SecretMask()
    for name, value in variables.items():
        if "://" in value:
            for secret in secrets_of_url(value):
                mask.add(secret)
        elif _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            mask.add(Secret(value))
            mask.add(Secret(value.partition(":")[2]))

    def masked(text: str) -> str:
        return _LOGIN.sub(lambda found: f"{found[1]}{MASK}@" if found[1] else f"{found[2]}{MASK}", mask(text))

    return masked
