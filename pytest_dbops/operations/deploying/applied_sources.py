"""Hold what was deployed against what is in the files now."""

from __future__ import annotations

from pytest_dbops.config.model import Config
from pytest_dbops.core.deploy.applied_sources import AppliedSources, ChangedRevision
from pytest_dbops.core.deploy.journal import kept
from pytest_dbops.core.history import ancestors
from pytest_dbops.core.session import Session
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.version_table import find_version_table
from pytest_dbops.operations.deploying.journal import changed_revisions, read_journal
from pytest_dbops.operations.migrations.applied import read_applied
from pytest_dbops.operations.migrations.project import project_scripts


def read_applied_sources(config: Config, session: Session) -> AppliedSources:
    """Return what the journal of a database says of its applied revisions, in four statements.

    Raises MissingPrivilege when the role may not read the journal, CannotJudge when a kept source cannot be compared.
    """
    entries = read_journal(session)
    if not entries:
        return AppliedSources(has_journal=False)
    scripts = project_scripts(config)
    history = history_of(scripts, root=config.root)
    done = ancestors(history, read_applied(session, find_version_table(scripts)).rows)
    changed = changed_revisions(entries, history.revisions, done)
    known = kept(entries, done)
    ordered = [revision for revision in history.revisions if revision.id in done]
    return AppliedSources(
        has_journal=True,
        kept=tuple(each.id for each in ordered if each.id in known),
        unkept=tuple(each.id for each in ordered if each.id not in known),
        changed=tuple(
            ChangedRevision(each.id, each.file, each.line, changed[each.id].at, changed[each.id].actor)
            for each in ordered
            if each.id in changed
        ),
    )
