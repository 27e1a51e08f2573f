"""MIG014."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.history.unread import UnreadRevisions


@check("MIG014", category="migrations", severity=Severity.WARNING)
def unread_revisions(unread_revisions: UnreadRevisions) -> Iterator[Finding]:
    """Files below the scripts say that they are revisions, and the history does not hold them.

    alembic looks into the folders of `version_locations` and no deeper, and says no word of what lies elsewhere. A
    deploy leaves these revisions out, and a gate that passes has judged the others alone.

    Name the folder in `version_locations`, or let alembic look into folders within folders
    (`recursive_version_locations = true`). Revisions that were kept for remembrance, say after a squash, are better
    off outside of the script folder.
    """
    for each in unread_revisions.folders:
        number = len(each.files)
        yield Finding(
            each.folder,
            f"{each.folder}/ has {number} revision file{'' if number == 1 else 's'} that the history does not hold"
            f" ({each.files[0]}{'' if number == 1 else ', ...'}): alembic does not look there",
            hint="name it in version_locations, or set recursive_version_locations = true"
            f" ({unread_revisions.settings}); or move what is no longer wanted out of the script folder",
        )
