"""What a gate needs to judge migrations: where its target stands, and the walk over the revisions in scope."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pytest_dbops.config.model import Config
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.catalog.drift import Drifts, drift
from pytest_dbops.core.deploy.applied_sources import AppliedSources
from pytest_dbops.core.deploy.deploys import Deploys, deploys_of
from pytest_dbops.core.errors import CannotJudge, DbopsError, DoesNotApply
from pytest_dbops.core.forecast import Forecasts
from pytest_dbops.core.history import History, Preview, RevisionPreview, Standing, standing
from pytest_dbops.core.history.unread import UnreadRevisions
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.session import Session
from pytest_dbops.core.walk import Depth, DowngradeRule, Walk
from pytest_dbops.core.walk.on_target import TargetRehearsal
from pytest_dbops.migrating.unread import find_unread
from pytest_dbops.operations.deploying.applied_sources import read_applied_sources
from pytest_dbops.operations.deploying.journal import read_journal
from pytest_dbops.operations.failing import failing_once
from pytest_dbops.operations.inputs import Inputs, Piece
from pytest_dbops.operations.migrations.applied import read_applied
from pytest_dbops.operations.migrations.drifting import (
    catalog_before,
    history_catalog,
    model_difference,
    target_difference,
)
from pytest_dbops.operations.migrations.head_schema import HeadSchema
from pytest_dbops.operations.migrations.incremental import Judging, walk_incrementally
from pytest_dbops.operations.migrations.kept_forecasts import keep_forecasts, load_forecasts
from pytest_dbops.operations.migrations.preview import preview_upgrade
from pytest_dbops.operations.migrations.project import project_history, project_scripts, refuse_broken
from pytest_dbops.operations.migrations.scope import RevisionScope
from pytest_dbops.operations.migrations.status import version_table_of
from pytest_dbops.operations.rehearsal import Spared, rehearse_project
from pytest_dbops.operations.target_sizes import find_target_sizes

_WALKED_HEADS = "walked_heads"


def inputs_of_migrations(judging: Judging) -> dict[str, Piece]:
    """Return what makes each input that comes of the project's migrations."""

    def target(inputs: Inputs) -> Standing:
        found: Standing = inputs.get("standing")  # type: ignore[assignment]  # as declared below
        return found

    def walk(inputs: Inputs) -> Walk:
        asks_target = judging.scope is not None and judging.scope.chosen is None
        return walk_in_scope(
            judging, target(inputs) if asks_target else None, lambda heads: inputs.offer(_WALKED_HEADS, heads)
        )

    def walked_heads(inputs: Inputs) -> HeadSchema | None:
        """Return the schema at the heads as the walk has left it, which is waited for where it is asked for."""
        asked = judging.find_asked()
        if asked.is_walked and asked.depth is not Depth.FULL:
            with suppress(DbopsError):  # whoever judges the walk says so
                inputs.get("walk")
        return inputs.offered(_WALKED_HEADS, HeadSchema)

    ignored = judging.config.migrations.ignore_drift

    def head(inputs: Inputs) -> Catalog:
        found: Catalog = inputs.get("head_catalog")  # type: ignore[assignment]  # as declared below
        return found

    def drift_of_target(inputs: Inputs) -> Drifts:
        catalog: Catalog = inputs.get("catalog")  # type: ignore[assignment]  # what every gate reads
        place = target(inputs)
        if place.unknown or place.overlapping:
            raise CannotJudge("the version table does not say where the target stands (see pending)")
        if not place.applied:
            expected = catalog_before(judging, catalog)
        else:
            expected = history_catalog(judging, place.applied) if place.pending else head(inputs)
        return drift(target_difference(judging, expected, catalog), ignored)

    def on_target(inputs: Inputs) -> TargetRehearsal:
        catalog: Catalog = inputs.get("catalog")  # type: ignore[assignment]  # as above
        sizes: TargetSizes = inputs.get("target_sizes")  # type: ignore[assignment]  # as declared below
        return rehearse_pending(judging, target(inputs), catalog, sizes, inputs)

    def kept(inputs: Inputs) -> Forecasts:
        history = _history(judging) or project_history(judging.config)
        return load_forecasts(judging.config, judging.environment.name, history, target(inputs).applied)

    return {
        "on_target": (TargetRehearsal, on_target),
        "kept_forecasts": (Forecasts, kept),
        "head_catalog": (Catalog, lambda inputs: history_catalog(judging, walked=lambda: walked_heads(inputs))),
        "drift_of_models": (Drifts, lambda inputs: drift(model_difference(judging, head(inputs)), ignored)),
        "drift_of_target": (Drifts, drift_of_target),
        "standing": (Standing, lambda inputs: read_standing(judging.config, inputs.session, _history(judging))),
        "preview": (Preview, lambda inputs: preview_pending(judging, target(inputs))),
        "walk": (Walk, walk),
        "downgrade_rule": (DowngradeRule, lambda _: judging.config.migrations.downgrades),
        "applied_sources": (AppliedSources, lambda inputs: read_applied_sources(judging.config, inputs.session)),
        "deploys": (Deploys, lambda inputs: deploys_of(read_journal(inputs.session))),
        "unread_revisions": (
            UnreadRevisions,
            lambda _: find_unread(project_scripts(judging.config), root=judging.config.root),
        ),
        "target_sizes": (TargetSizes, lambda inputs: find_target_sizes(judging.config, judging.environment, inputs)),
    }


def rehearse_pending(
    judging: Judging, target: Standing, catalog: Catalog, sizes: TargetSizes, inputs: Inputs
) -> TargetRehearsal:
    """Rehearse what a target lacks on copies of its schema, and keep the forecasts; nothing is run where it has all.

    Nor is it for an empty target: what the history makes from empty is what the target will be.
    """
    config, environment = judging.config, judging.environment
    if target.unknown or target.overlapping:
        raise CannotJudge("the version table does not say where the target stands (see pending)")
    if not target.pending or not (target.applied or catalog.tables):
        return TargetRehearsal(Walk(environment.dialect, "", (), (), databases=0))
    # Imported here: most gates find nothing pending.
    from pytest_dbops.operations.target_rehearsal import TargetOrder, rehearse_on_target
    from pytest_dbops.operations.target_schema import read_target_schema

    found = read_applied(inputs.session, version_table_of(config, project_scripts(config)))
    with failing_once(judging.run().shared_folder(), "rehearsal on the target's schema"):
        schema = read_target_schema(
            config, environment, inputs.session, inputs.target_url, version_table=found.table, applied=found.rows
        )
        order = TargetOrder(config, environment, judging.run(), schema, sizes)
        rehearsed = rehearse_on_target(order, progress=judging.progress)
    history = _history(judging) or project_history(config)
    keep_forecasts(config, environment.name, history, target.applied, rehearsed.forecasts)
    return rehearsed


def preview_pending(judging: Judging, target: Standing) -> Preview:
    """Return the SQL of what the target lacks; what keeps it from being written is told in it, and not raised."""
    if not target.pending or target.unknown or target.overlapping:
        return Preview(problem="nothing runs before the version table is mended" if target.pending else "")
    try:
        found = preview_upgrade(
            judging.config, target.pending, environment=judging.environment.name, history=_history(judging)
        )
    except DbopsError as err:
        return Preview(problem=" ".join(str(err).split()))
    return Preview(tuple(RevisionPreview(each.id, each.sql, each.problem) for each in found.revisions))


def read_standing(config: Config, session: Session, history: History | None = None) -> Standing:
    """Return where the target stands, by two statements; raises what keeps its version table from being read.

    history: the project's, where it was read already.
    """
    scripts = project_scripts(config)
    table = version_table_of(config, scripts)
    history = history or project_history(config)
    refuse_broken(history)
    return standing(history, read_applied(session, table).rows)


def _history(judging: Judging) -> History | None:
    return judging.scope.history if judging.scope is not None else None


def walk_in_scope(
    judging: Judging, target: Standing | None, offer: Callable[[HeadSchema], None] = lambda _: None
) -> Walk:
    """Walk what is in scope; refuses to be silent on revisions for which there is no item.

    target: where the target stands; None where the scope does not depend on it. offer: see `walk_incrementally`.
    """
    scope = judging.scope
    if scope is not None:
        _refuse_empty(judging, scope.history)
    judged = _in_scope(scope, target)
    if scope is None or judged is None:
        return _refuse_unseen(judging, rehearse_project(
            judging.config, judging.environment, judging.run(), progress=judging.progress,
            spared=Spared(depth=judging.find_asked().depth),
        ))  # fmt: skip
    if not judged:
        refuse_broken(scope.history)
        heads, every = tuple(sorted(scope.history.heads)), tuple(sorted(each.id for each in scope.every))
        return Walk(judging.environment.dialect, "", heads, (), databases=0, out_of_scope=every)
    return _refuse_unseen(judging, walk_incrementally(judging, scope, judged, offer))


def _in_scope(scope: RevisionScope | None, target: Standing | None) -> frozenset[str] | None:
    """Return the ids in scope; None where no id is known."""
    if scope is None or not scope.every:
        return None
    pending = () if target is None else (each.id for each in target.pending)
    return scope.judged(frozenset(pending))


def _refuse_empty(judging: Judging, history: History) -> None:
    """Say that there is nothing to rehearse: a project begins so, but what is released does not come of nothing."""
    if history.revisions or history.problems:
        return
    said = f"the history has no revision yet: none is under {judging.config.project.migrations!r}"
    if judging.environment.is_guarded:
        raise CannotJudge(f"{said} (name the folder that has them: [project] migrations)")
    raise DoesNotApply(f"{said} (make one: dbops migrate create NAME)")


def _refuse_unseen(judging: Judging, walk: Walk) -> Walk:
    known = {each.id for each in judging.scope.every} if judging.scope else set()
    unseen = [each.revision for each in walk.revisions if each.revision not in known]
    if unseen:
        raise CannotJudge(
            f"revision {unseen[0]} was rehearsed, but is in no file that was read as a revision (assign its"
            " `revision` and `down_revision` as plain texts)"
        )
    return walk
