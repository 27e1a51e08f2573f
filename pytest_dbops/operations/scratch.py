"""Scratch servers as a project configures them."""

from __future__ import annotations

from pytest_dbops.config.load import Config
from pytest_dbops.core.scratch import ServerRequest


def server_request(config: Config) -> ServerRequest:
    """Return the request that `[scratch]` and SHADOW_DATABASE_URL make."""
    scratch = config.scratch
    return ServerRequest(server=scratch.server, major=scratch.major, url=scratch.url)
