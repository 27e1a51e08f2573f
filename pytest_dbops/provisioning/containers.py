"""Run a scratch server in a container, through testcontainers, owned by our supervisor instead of Ryuk.

Ryuk ends a container with the process that started it; here that is a worker, and the run goes on without it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Origin, Progress, derive_password
from pytest_dbops.provisioning import launch
from pytest_dbops.provisioning.binaries import PRODUCT, leading_version
from pytest_dbops.provisioning.docker import DEFAULT_HOST, Engine, find_engine
from pytest_dbops.provisioning.images import FAST_SETTINGS, SUPERUSER
from pytest_dbops.provisioning.records import ServerRecord, publish
from pytest_dbops.provisioning.runs import RunFolder

if TYPE_CHECKING:
    from testcontainers.community.postgres import PostgresContainer
    from testcontainers.core.waiting_utils import WaitStrategy

SUFFIX = ".container"
PORT = 5432
DATA = "/dbops/data"
LABEL = "pytest-dbops.run"
REMOVE = "import sys; from pytest_dbops.provisioning.containers import remove; remove(*sys.argv[1:])"
REASON_CHARACTERS = 400
READY_PATIENCE_S = 120.0
POLL_S = 0.05
REMEMBERED_S = 7 * 24 * 3600.0


def start(
    run: RunFolder, key: str, image: str, settings: tuple[tuple[str, str], ...], progress: Progress
) -> ServerRecord:
    """Start a container and publish its server; raises CannotJudge with the container's last words."""
    name = f"dbops-{run.run_id}-{key}"
    # Written first, so that whoever ends the run knows the name even if nobody lives to publish the server.
    engine = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    (run.path / f"{name}{SUFFIX}").write_text(engine)
    progress(f"starting a container of {image} (its image is fetched if it is not here yet)")
    ending = (sys.executable, "-c", REMOVE, name, engine)
    log = run.path / f"{key}.log"
    supervised = launch.start(run, launch.Launch(f"the container {name}", (), ending, log, (), None))
    try:
        with _engine_errors(image):
            host, port, version = _start_container(run, name, image, settings)
        record = ServerRecord(
            key, Origin.CONTAINER, version, host, port, supervised.identity, None, "", name
        )  # fmt: skip
        publish(run, record)
    except BaseException:
        supervised.abandon()
        raise
    supervised.keep()
    return record


def remove(name: str, engine: str) -> None:
    """Remove a container of ours with its volumes; does nothing when it is gone already."""
    docker = import_module("docker")
    client = docker.from_env(environment=os.environ | {"DOCKER_HOST": engine})
    try:
        with suppress(docker.errors.NotFound):
            client.containers.get(name).remove(force=True, v=True)
    finally:
        client.close()


def remove_all(folder: Path) -> bool:
    """Remove the containers of the run in this folder; tell whether that was possible for all of them.

    A container whose engine does not answer now is kept in mind for a week: the engine may come back.
    """
    is_done = True
    for marker in folder.glob(f"*{SUFFIX}"):
        is_removed = _try_remove(marker.name.removesuffix(SUFFIX), marker.read_text())
        if is_removed or time.time() - marker.stat().st_mtime > REMEMBERED_S:
            marker.unlink()
        else:
            is_done = False
    return is_done


def _try_remove(name: str, engine: str) -> bool:
    if find_engine(engine).problem:
        return False
    docker = import_module("docker")
    try:
        remove(name, engine)
    except (docker.errors.DockerException, OSError):
        return False
    return True


def _start_container(
    run: RunFolder, name: str, image: str, settings: tuple[tuple[str, str], ...]
) -> tuple[str, int, str]:
    from testcontainers.community.postgres import PostgresContainer

    password = derive_password(run.secret(), SUPERUSER).reveal()
    container = PostgresContainer(image, username=SUPERUSER, password=password, dbname="postgres", driver=None)
    container.with_name(name).with_kwargs(labels={LABEL: run.run_id})
    container.with_env("PGDATA", DATA).with_tmpfs_mount(str(Path(DATA).parent))
    container.with_command(_command(settings))
    is_loopback = _bind_to_loopback(container)
    try:
        with _without_ryuk():
            container.waiting_for(_readiness()).start()
        host = "127.0.0.1" if is_loopback else container.get_container_host_ip()
        told = container.exec(["postgres", "-V"]).output.decode()
        version = leading_version(told.partition(PRODUCT)[2])
        if not version:
            raise CannotJudge(f"the image {image!r} does not tell which PostgreSQL it holds")
        return host, int(container.get_exposed_port(PORT)), version
    finally:
        container.get_docker_client().client.close()


def _command(settings: tuple[tuple[str, str], ...]) -> list[str]:
    fast = [(name, value) for name, value in FAST_SETTINGS if name != "listen_addresses"]
    return ["postgres", *(part for name, value in (*fast, *settings) for part in ("-c", f"{name}={value}"))]


def _bind_to_loopback(container: PostgresContainer) -> bool:
    """Publish the port on this machine only, where the engine runs here and not around us."""
    from testcontainers.core.config import ConnectionMode

    mode = container.get_docker_client().get_connection_mode()
    is_local = Engine(os.environ.get("DOCKER_HOST") or DEFAULT_HOST).is_local and mode is ConnectionMode.docker_host
    if is_local:
        # The Docker SDK takes (address, port or None); testcontainers' own type knows ports only.
        container.ports[str(PORT)] = ("127.0.0.1", None)  # type: ignore[assignment]
    return is_local


def _readiness() -> WaitStrategy:
    """Return a strategy that sees at once when the container has ended; testcontainers' own waits two minutes."""
    from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

    class Ready(WaitStrategy):
        def wait_until_ready(self, container: WaitStrategyTarget) -> None:
            deadline = time.monotonic() + READY_PATIENCE_S
            # Over TCP: while its entry point fills the database, the server listens on its socket only.
            while container.get_wrapped_container().exec_run(["pg_isready", "-h", "127.0.0.1"]).exit_code != 0:
                container.reload()
                if container.status == "exited" or time.monotonic() > deadline:
                    logs = b"".join(container.get_logs()).decode(errors="replace")
                    raise TimeoutError(f"it is {container.status}, not ready: {launch.telling_lines(logs)}")
                time.sleep(POLL_S)

    return Ready()


@contextmanager
def _without_ryuk() -> Iterator[None]:
    from testcontainers.core.config import testcontainers_config

    before = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = True
    try:
        yield
    finally:
        testcontainers_config.ryuk_disabled = before


@contextmanager
def _engine_errors(image: str) -> Iterator[None]:
    """Turn what Docker and testcontainers raise into one line."""
    docker = import_module("docker")
    from testcontainers.core.exceptions import ContainerConnectException, ContainerStartException

    try:
        yield
    except (
        docker.errors.DockerException, ContainerConnectException, ContainerStartException, TimeoutError, OSError
    ) as err:  # fmt: skip
        reason = " ".join(str(err).split())[:REASON_CHARACTERS]
        raise CannotJudge(f"no server from a container of {image!r}: {reason}") from err
