"""A cluster made once by `initdb` and copied for every server; kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import Progress
from pytest_dbops.provisioning.accounts import Account, run_as
from pytest_dbops.provisioning.locks import file_lock
from pytest_dbops.provisioning.places import Places, make_root, roots_with_room
from pytest_dbops.provisioning.supervisor import copy_tree

FORMAT = 2
SUPERUSER = "postgres"
SEPARATOR = "-with-"
KEPT_TEMPLATES = 4
UNUSED_S = 30 * 24 * 3600.0
INITDB_PATIENCE_S = 180.0
LOCALES = ("C.UTF-8", "C")
# Nothing here has to survive a crash of the machine (PostgreSQL manual, 14.5 Non-Durable Settings).
FAST_SETTINGS = (
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "1GB"),
    ("checkpoint_timeout", "1h"),
    ("autovacuum", "off"),
    # In the data directory, so that it goes with it even after a SIGKILL.
    ("dynamic_shared_memory_type", "mmap"),
    ("shared_buffers", "256MB"),
    ("max_connections", "200"),
    ("max_locks_per_transaction", "256"),
    ("jit", "off"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("lc_messages", "C"),
    ("listen_addresses", ""),
    ("logging_collector", "off"),
)


class ImageDamaged(CannotJudge):
    """Raised when a cached image is not what was once put there."""


@frozen
class Recipe:
    """What a server is made of; `settings` are given to it at its start, the image is the same without them."""

    bindir: Path
    version: str
    settings: tuple[tuple[str, str], ...]
    account: Account | None

    def key(self) -> str:
        """Return the image's name; it changes with the binaries, their version, the fast settings and the account."""
        binary = (self.bindir / "postgres").stat()
        shaped = json.dumps(
            [FORMAT, str(self.bindir), self.version, binary.st_size, binary.st_mtime_ns, FAST_SETTINGS,
             os.getuid(), self.account.uid if self.account else None]
        )  # fmt: skip
        return f"pg{self.version}-{hashlib.sha256(shaped.encode()).hexdigest()[:16]}"


def ensure_image(recipe: Recipe, places: Places, progress: Progress) -> Path:
    """Return the cached image of a recipe, made first if there is none; about one second the first time."""
    images = images_folder(places)

    def make(image: Path) -> None:
        progress(f"preparing PostgreSQL {recipe.version} (once, kept in {images})")
        _make_image(recipe, places, image)
        let_go(images)

    return ensure_stored(images / recipe.key(), make, patience_s=INITDB_PATIENCE_S)


def ensure_stored(image: Path, make: Callable[[Path], None], *, patience_s: float) -> Path:
    """Return an image, made first if there is none; of several processes one makes it."""
    if not image.exists():
        with file_lock(image.with_name(f"{image.name}.lock"), patience_s=patience_s):
            if not image.exists():
                make(image)
    with suppress(FileNotFoundError):  # when it was last used decides which images are let go
        os.utime(image)
    return image


def images_folder(places: Places) -> Path:
    """Return the folder of all images, made if need be."""
    images = places.cache / "clusters"
    images.mkdir(mode=0o700, parents=True, exist_ok=True)
    return images


def copy_image(image: Path, target: Path, account: Account | None) -> None:
    """Copy an image to a new directory owned by the account; raises ImageDamaged, or OSError when there is no room."""
    owner = (account.uid, account.gid) if account else None
    if copy_tree(str(image / "data"), str(target), owner) != size_of(image):
        raise damaged(image)


def size_of(image: Path) -> tuple[int, int]:
    """Return files and bytes an image should have; raises ImageDamaged where a crash of the machine left no word."""
    try:
        manifest = json.loads((image / "complete.json").read_text())
        return int(manifest["files"]), int(manifest["bytes"])
    except (ValueError, KeyError, TypeError):
        raise damaged(image) from None


def damaged(image: Path) -> ImageDamaged:
    """Return the error that says so of an image."""
    return ImageDamaged(f"the cached cluster {image.name!r} is damaged (run: dbops scratch clean)")


def store_image(data: Path, image: Path) -> None:
    """Put the files of a stopped cluster into the cache, in one step."""
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=image.parent))
    try:
        files, size = copy_tree(str(data), str(draft / "data"), None)
        (draft / "complete.json").write_text(json.dumps({"files": files, "bytes": size}))
        draft.rename(image)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def discard_image(image: Path) -> None:
    """Remove an image in one step, so that nobody copies half of it."""
    doomed = Path(tempfile.mkdtemp(prefix=".gone-", dir=image.parent))
    with suppress(FileNotFoundError):  # another process was quicker
        image.rename(doomed / image.name)
    shutil.rmtree(doomed, ignore_errors=True)


def let_go(images: Path) -> None:
    """Discard templates but those used last, for each is a whole cluster, and clusters nobody used for a month."""
    used: dict[Path, float] = {}
    for image in images.glob("pg*/"):
        with suppress(FileNotFoundError):  # another process let it go
            used[image] = image.stat().st_mtime
    by_use = sorted(used, key=lambda image: used[image], reverse=True)
    surplus = [image for image in by_use if SEPARATOR in image.name][KEPT_TEMPLATES:]
    unused = [image for image in by_use if time.time() - used[image] > UNUSED_S]
    for image in {*surplus, *unused}:
        discard_image(image)


def _make_image(recipe: Recipe, places: Places, image: Path) -> None:
    root = roots_with_room(places)[0]
    make_root(root)
    nursery = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    try:
        if recipe.account:
            os.chown(nursery, recipe.account.uid, recipe.account.gid)
        _run_initdb(recipe, nursery / "data")
        store_image(nursery / "data", image)
    finally:
        shutil.rmtree(nursery, ignore_errors=True)


def _run_initdb(recipe: Recipe, data: Path) -> None:
    for locale in LOCALES:
        command = [
            str(recipe.bindir / "initdb"), "-D", str(data), "-U", SUPERUSER, "--encoding=UTF8", f"--locale={locale}",
            "--auth=trust", "--no-sync", "--wal-segsize=1",
        ]  # fmt: skip
        try:
            done = run_as(recipe.account, command, timeout_s=INITDB_PATIENCE_S)
        except (OSError, subprocess.TimeoutExpired) as err:
            raise CannotJudge(f"initdb of {str(recipe.bindir)!r} did not run: {type(err).__name__}") from err
        if done.returncode == 0:
            break
        shutil.rmtree(data, ignore_errors=True)
    else:
        reason = " ".join(line for line in done.stderr.splitlines() if "error" in line.lower())
        raise CannotJudge(f"initdb of {str(recipe.bindir)!r} failed: {reason or done.stderr.strip()[-200:]}")
    with (data / "postgresql.conf").open("a") as file:
        for name, value in FAST_SETTINGS:
            file.write("{} = '{}'\n".format(name, value.replace("'", "''")))
