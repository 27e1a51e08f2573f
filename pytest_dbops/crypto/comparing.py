"""What it means to compare an encrypted column: equality asks its blind index, all else is refused with advice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ClauseElement, ColumnElement
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import Null
from sqlalchemy.types import TypeDecorator

from pytest_dbops.core.errors import FieldError

_OF_NULL = (operators.is_, operators.is_not)
_OF_EQUALITY = (operators.eq, operators.ne, operators.in_op, operators.not_in_op)


class EncryptedComparator(TypeDecorator.Comparator[Any]):
    """Sends `==`, `!=` and `in_` to the blind index, lets comparisons with NULL pass, refuses everything else."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        """Return the comparison of the index; raises FieldError where there is none, or equality is not asked."""
        if op in _OF_NULL or (op in _OF_EQUALITY and other and (other[0] is None or isinstance(other[0], Null))):
            return super().operate(op, *other, **kwargs)
        name = getattr(self.expr.type, "place", "") or str(self.expr)
        if op not in _OF_EQUALITY:
            raise FieldError(f"{name} is encrypted: its values have no order and no parts that the database could see")
        index = _index_of(self.expr)
        if index is None:
            raise FieldError(
                f"{name} is encrypted: equal values are stored unlike (add a column of type BlindIndex to find them)"
            )
        result: ColumnElement[Any] = index.operate(op, _comparable(other[0], name), **kwargs)
        return result

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> ColumnElement[Any]:
        """Return the same for a column on the right side."""
        return self.operate(op, other, **kwargs)


def _comparable(wanted: Any, name: str) -> Any:
    """Return what the index is compared with: values and parameters as they are, a column by its own index."""
    if hasattr(wanted, "__clause_element__"):
        wanted = wanted.__clause_element__()
    each = wanted if isinstance(wanted, list | tuple | set | frozenset) else (wanted,)
    if all(isinstance(one, BindParameter) or not isinstance(one, ClauseElement) for one in each):
        return wanted
    theirs = _index_of(wanted)
    if theirs is None or getattr(wanted.type, "place", "") != name:
        raise FieldError(f"{name} is encrypted: it can be compared with a value, or with itself in another row")
    return theirs


def _index_of(expression: Any) -> Any:
    """Return the column of the blind index in the same table, alias or subquery; None where there is none.

    Of two, the follower is asked once its key is active: until then it may not be filled.
    """
    from pytest_dbops.crypto.current import current_keyring
    from pytest_dbops.crypto.types import BlindIndex

    table = getattr(expression, "table", None)  # of a subselect there is none
    columns = table.columns if table is not None else ()
    found = [each for each in columns if isinstance(each.type, BlindIndex) and each.type.of == expression.key]
    if len(found) < 2:
        return found[0] if found else None
    is_asked = not current_keyring().is_index_key_waiting
    return next((each for each in found if bool(each.type.follows) is is_asked), None)
