"""The last net under errors: what the process itself knows to be secret, whatever was or was not configured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pytest_dbops.config.secrets import likely_secrets
from pytest_dbops.core.secret import MASK, SecretMask

_LOGIN = re.compile(r"(://[^\s/@:]*:)[^\s/@]+@|(\bpassword\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)


def mask_of_process(variables: Mapping[str, str]) -> Callable[[str], str]:
    """Return a function that masks what the variables hold, and any login it can tell by its form."""
    mask = SecretMask(likely_secrets(variables))

    def masked(text: str) -> str:
        return _LOGIN.sub(lambda found: f"{found[1]}{MASK}@" if found[1] else f"{found[2]}{MASK}", mask(text))

    return masked
