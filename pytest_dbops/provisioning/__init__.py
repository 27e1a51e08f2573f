"""Throw-away servers and databases: found, started, shared by all workers of a run, and always removed.

    with scratch_server(ServerRequest(major=16)) as server:
        connect(server.admin_url)

A run owns its servers: `create_run()` in the controller, `attach_run(path)` in its workers,
`acquire(run, request)` in whichever process needs a server first, `close_run(run)` at the end;
`acquire_with_template` gives a server that starts with a template built by an earlier run.
"""

from __future__ import annotations

from pytest_dbops.provisioning.ending import close_run
from pytest_dbops.provisioning.runs import RunFolder, attach_run, create_run
from pytest_dbops.provisioning.servers import acquire, release, scratch_server
from pytest_dbops.provisioning.templated import acquire_with_template

__all__ = [
    "RunFolder",
    "acquire",
    "acquire_with_template",
    "attach_run",
    "close_run",
    "create_run",
    "release",
    "scratch_server",
]
