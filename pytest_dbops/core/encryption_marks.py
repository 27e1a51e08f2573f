"""What a database says of its encrypted columns by itself: what a gate without models goes by."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.encryption import EncryptedColumn
from pytest_dbops.core.frozen import frozen


@frozen
class Mark:
    """One column that was marked as encrypted; since: when, as the database writes it; is_there: whether it exists."""

    column: EncryptedColumn
    since: str
    is_there: bool = True


@frozen
class MarkedColumns:
    """The marks of a database beside what the models say.

    has_table: whether anything was ever marked there. models: None where the project names no models, or they cannot
    be read.
    """

    marks: tuple[Mark, ...] = ()
    has_table: bool = False
    models: tuple[EncryptedColumn, ...] | None = None

    @property
    def columns(self) -> tuple[EncryptedColumn, ...]:
        """The marked columns that are there."""
        return tuple(each.column for each in self.marks if each.is_there)

    def gone(self) -> Iterator[Mark]:
        """Yield the marks of columns that the database does not have any more."""
        return (each for each in self.marks if not each.is_there)

    def forsaken(self) -> Iterator[Mark]:
        """Yield the marks of columns that no model encrypts any more; none where there are no models to ask."""
        if self.models is not None:
            known = {each.name for each in self.models}
            yield from (each for each in self.marks if each.is_there and each.column.name not in known)

    def changed(self) -> Iterator[tuple[Mark, EncryptedColumn]]:
        """Yield the marks that tell something else of a column than its model does, each with what that tells."""
        models = {each.name: each for each in self.models or ()}
        for each in self.marks:
            found = models.get(each.column.name)
            if each.is_there and found is not None and found != each.column:
                yield each, found

    def unmarked(self) -> Iterator[EncryptedColumn]:
        """Yield the encrypted columns of the models that have no mark."""
        marked = {each.column.name for each in self.marks}
        return (each for each in self.models or () if each.name not in marked)
