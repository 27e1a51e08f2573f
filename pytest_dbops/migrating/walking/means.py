"""What a walk works with that is the product's, or the project's, and none of its own."""

from __future__ import annotations

from collections.abc import Callable

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling import Vocabulary
from pytest_dbops.migrating.walking.connection import RepeatedCatalogReader
from pytest_dbops.migrating.walking.rehearsal import Copy
from pytest_dbops.migrating.walking.watch import MakeObserver


@frozen
class Means:
    """The backend of the scratch database, as ports.

    copy: None where the product has no cheap one. find_vocabulary: called once, after env.py was imported; says what
    the models know of text columns.
    """

    read: RepeatedCatalogReader
    copy: Copy | None
    make_observer: MakeObserver
    find_vocabulary: Callable[[], Vocabulary]
