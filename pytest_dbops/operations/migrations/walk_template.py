"""A database in which known revisions are already, kept by the names of their heads, so that none is put in again.

It is made when a run would have to put in many revisions that an earlier one has judged, and holds what they make and
no row of ours. Its name is a hash of the names of its heads (see `walk_keys`): what is kept under it was made of the
same files on the same server, or is not found. Losing it, or finding it damaged, costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.backends.sqlite.settle import settle
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import ancestors, effective_heads
from pytest_dbops.core.history.graph import parents
from pytest_dbops.core.scratch import Origin, TemplateFingerprint
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.build_orders import url_variables
from pytest_dbops.operations.child import hearing, run_child, schemes_of
from pytest_dbops.operations.embedded import safe_scratch_request
from pytest_dbops.operations.rehearsal import Databases, Start, file_database
from pytest_dbops.provisioning.templates import clone_file, ensure_file_template

if TYPE_CHECKING:
    from pytest_dbops.operations.migrations.incremental import Judging

OWNER = "dbops_walk_owner"
ENOUGH = 20
"""So many revisions are put in one by one: that costs less than making a database that has them."""
_SCHEMA = 1
_MOST = 3
_CHILD = "pytest_dbops.operations.schema_child"
_ENDING = ".template.json"


@frozen
class Template:
    """One such database: its name, the heads it is at, and the revisions in it."""

    key: str
    heads: tuple[str, ...]
    present: frozenset[str]


def start_from_known(
    judging: Judging, names: Mapping[str, str], there: Collection[str], *, folder: Path,
    is_unchanged: Callable[[], bool] | None,
) -> Start | None:  # fmt: skip
    """Return a database to begin with; None where putting in what is there costs no more, or none can be kept.

    names: of all revisions; there: the ids of those that are only put in; folder: where is noted what is kept.
    is_unchanged: tells whether no file that shapes them has changed since the names were made; None where no
    database is to be made, but one that is there may be used. Never raises: it is a matter of time alone.
    """
    scope = judging.scope
    if scope is None or not _can_keep(judging):
        return None
    try:
        whole = _closed(judging, there)
        best = max(_kept(judging, names, folder, whole), key=lambda each: len(each.present), default=None)
        if len(whole) - (len(best.present) if best else 0) > ENOUGH and is_unchanged is not None:
            heads = tuple(sorted(effective_heads(scope.history, whole)))
            best = Template(_key(names[each] for each in heads), heads, whole)
        if best is None:
            return None
        make = _make_file if judging.environment.dialect == "sqlite" else _make_on_server
        return Start(best.present, make(judging, best, folder, is_unchanged))
    except (DbopsError, OSError) as err:
        logger_of("migrations").info("the walk begins with an empty database: %s", " ".join(str(err).split()))
        return None


def _can_keep(judging: Judging) -> bool:
    """Whether databases last here: those of a baseline that is stamped by itself, and of servers given, do not."""
    project = judging.config.project
    if project.baseline and not project.first_revision:
        return False
    if judging.environment.dialect == "sqlite":
        return True
    from pytest_dbops.provisioning.discovery import discover_first

    found = discover_first(safe_scratch_request(judging.config)).taken
    return found is not None and found.origin in (Origin.SYSTEM, Origin.WHEEL)


def _closed(judging: Judging, there: Collection[str]) -> frozenset[str]:
    """Return those revisions of which all that they need are among them too, or are the baseline's."""
    assert judging.scope is not None
    every, found = {each.id for each in judging.scope.every}, set[str]()
    for each in judging.scope.every:
        if each.id in there and all(name in found or name not in every for name in parents(each)):
            found.add(each.id)
    return frozenset(found)


def _kept(judging: Judging, names: Mapping[str, str], folder: Path, whole: frozenset[str]) -> Iterator[Template]:
    """Yield what is kept and holds no revision but these, in the state their files are in now."""
    assert judging.scope is not None
    history, prefix = judging.scope.history, f"{judging.environment.dialect}-"
    every = frozenset(each.id for each in judging.scope.every)
    for file in folder.glob(f"{prefix}*{_ENDING}"):
        try:
            noted = json.loads(file.read_bytes())
            heads, schema = tuple(map(str, noted["heads"])), noted["schema"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        key = file.name.removeprefix(prefix).removesuffix(_ENDING)
        if schema == _SCHEMA and heads and set(heads) <= whole and key == _key(names[each] for each in heads):
            yield Template(key, heads, ancestors(history, heads) & every)


def _key(names: Collection[str] | Iterator[str]) -> str:
    return hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()


def _make_file(
    judging: Judging, template: Template, folder: Path, is_unchanged: Callable[[], bool] | None
) -> Databases:
    """Return what copies the kept SQLite file, which is made first if need be."""

    def build(file: Path) -> None:
        _build(judging, template, f"sqlite:///{file}", is_unchanged)
        settle(file)
        _note(folder, judging, template, _digest(file))

    kept = ensure_file_template(folder, TemplateFingerprint(template.key), build)
    if _digest(kept) != _noted_digest(folder, template):
        kept.unlink(missing_ok=True)
        raise CannotJudge(f"the kept database {kept.name!r} is not what was once put there")

    @contextmanager
    def databases() -> Iterator[str]:
        with file_database(judging.run()) as file:
            clone_file(kept, file)
            yield f"sqlite:///{file}"

    return databases


def _make_on_server(
    judging: Judging, template: Template, folder: Path, is_unchanged: Callable[[], bool] | None
) -> Databases:
    """Return what clones the template of a server that is kept with it, and is made first if need be."""
    from pytest_dbops.backends.postgresql.admin import connect_admin
    from pytest_dbops.provisioning.databases import drop_database
    from pytest_dbops.provisioning.templated import acquire_with_template
    from pytest_dbops.provisioning.templates import clone

    def build(url: str) -> None:
        _build(judging, template, url, is_unchanged)
        _note(folder, judging, template, "")

    server, name = acquire_with_template(
        judging.run().get(), safe_scratch_request(judging.config), TemplateFingerprint(template.key), build,
        connect=connect_admin, owner=OWNER, progress=judging.progress,
    )  # fmt: skip
    if not _note_file(folder, judging, template).exists():  # servers are kept outside of the project, notes in it
        _note(folder, judging, template, "")

    @contextmanager
    def databases() -> Iterator[str]:
        with closing(connect_admin(server.admin_url)) as admin:
            made = clone(server, admin, name)
            try:
                yield server.url(made, role=OWNER)
            finally:
                drop_database(server, admin, made)

    return databases


def _build(judging: Judging, template: Template, url: str, is_unchanged: Callable[[], bool] | None) -> None:
    """Run the history up to the heads; raises CannotJudge where that fails, or a file changed meanwhile."""
    if is_unchanged is None:
        raise CannotJudge("the kept database is gone")
    config, project = judging.config, judging.config.project
    variables = url_variables(config)
    request = {
        "root": str(config.root), "url": url, "variables": variables, "written": schemes_of(variables),
        "is_of_models": False, "metadata": project.metadata, "migrations": project.migrations,
        "baseline": project.baseline, "first_revision": project.first_revision, "only_to": template.heads,
    }  # fmt: skip
    ended = run_child(_CHILD, request, cwd=config.root, without=variables, hear=hearing(judging.progress))
    ended.done(SecretMask(secrets_of_url(url)), "the process that puts in what is known")
    if not is_unchanged():
        raise CannotJudge("a file of the migrations was changed meanwhile")


def _note(folder: Path, judging: Judging, template: Template, digest: str) -> None:
    """Note what is kept, and forget what was noted longest ago."""
    folder.mkdir(parents=True, exist_ok=True)
    dialect = judging.environment.dialect
    text = json.dumps({"schema": _SCHEMA, "heads": template.heads, "digest": digest})
    write_durably(_note_file(folder, judging, template), text.encode())
    noted = sorted(folder.glob(f"{dialect}-*{_ENDING}"), key=lambda each: each.stat().st_mtime_ns)
    for old in noted[:-_MOST]:
        old.unlink(missing_ok=True)
    if dialect == "sqlite":
        _drop_unnoted(folder, dialect)


def _note_file(folder: Path, judging: Judging, template: Template) -> Path:
    return folder / f"{judging.environment.dialect}-{template.key}{_ENDING}"


def _noted_digest(folder: Path, template: Template) -> str:
    """Return the hash that the kept SQLite file had when it was put there; empty where none is noted."""
    try:
        noted = json.loads((folder / f"sqlite-{template.key}{_ENDING}").read_bytes())
        return str(noted["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _drop_unnoted(folder: Path, dialect: str) -> None:
    noted = {file.name.removeprefix(f"{dialect}-")[:32] for file in folder.glob(f"{dialect}-*{_ENDING}")}
    for file in folder.glob("dbops_template_*.sqlite"):
        if file.stem.removeprefix("dbops_template_") not in noted:
            file.unlink(missing_ok=True)
            file.with_suffix(".lock").unlink(missing_ok=True)


def _digest(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
