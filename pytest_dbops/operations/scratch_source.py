"""Where the next scratch server would come from: found as a run would find it, and refused as a run would refuse it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.config.model import Config
from pytest_dbops.operations.embedded import safe_scratch_request
from pytest_dbops.provisioning.discovery import Discovery, discover


def find_scratch_source(config: Config) -> Discovery:
    """Return the candidates; starts none, and of a server given by a URL asks the version.

    Raises PolicyRefused when that server is an environment's, Unreachable when it does not answer.
    """
    request = safe_scratch_request(config)
    found = discover(request)
    if request.url is None:
        return found
    with closing(connect_admin(request.url.reveal())) as admin:
        version = str(admin.scalar("SHOW server_version")).partition(" ")[0]
    return replace(found, candidates=tuple(replace(one, version=version) for one in found.candidates))
