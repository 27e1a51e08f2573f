"""STO010."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("STO010", category="storage", severity=Severity.ERROR, backends=("sqlite",))
def folder_open_to_others(statistics: Statistics) -> Iterator[Finding]:
    """Every user of the machine may write into the folder that holds the data.

    They can replace the file, or put a journal beside it that SQLite plays back into it. CON003 judges the mode of the
    file itself. A PostgreSQL server looks after this itself: it refuses to start on a data directory that others may
    enter.

    Take the right away, as the owner: `chmod o-w`.
    """
    for file in statistics.rows("files")[:1]:
        if int(file["folder_mode"], base=8) & stat.S_IWOTH:
            yield Finding(
                file["name"],
                f"the folder of {file['name']!r} has mode {file['folder_mode']}; everybody may write into it",
                hint="chmod o-w the folder",
            )
