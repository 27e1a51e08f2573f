"""Row-level audit triggers for SQLite, which has no other kind.

They write the same entries as on PostgreSQL, without the hash: SQLite cannot hash in SQL, so the
application seals the chain afterwards. Columns are named one by one; a column added later needs its table
watched anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alembic import op

_TRIGGER = """
CREATE TRIGGER audit_{table}_{event} AFTER {event} ON {table}
{when}BEGIN
    INSERT INTO audit_log (org_id, id, at, actor_kind, table_name, op, row_pk, changed)
    VALUES (
        {row}.org_id,
        (SELECT coalesce(max(id), 0) + 1 FROM audit_log WHERE org_id = {row}.org_id),
        strftime('%Y-%m-%d %H:%M:%f', 'now') || '000',
        'system',
        '{table}',
        upper('{event}'),
        json_object({key}),
        {changed}
    );
END
"""

_OBJECT = "(SELECT json_group_object(name, value) FROM ({fields}))"
_FIELD = "SELECT '{name}' AS name, {value} AS value WHERE {row}.{name} IS NOT {other}.{name}"


def watch(table: str, key: Sequence[str], masked: Sequence[str], columns: Sequence[str]) -> None:
    """Record every change of the named `columns` of `table`; values of `masked` ones stay out of the log.

    A column written `name:hex` holds bytes, which JSON cannot: they are recorded in hexadecimal.
    """
    values = {name: _value(name, kind, masked) for name, _, kind in (each.partition(":") for each in columns)}
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in values)
    for event, row, when, changed in (
        ("insert", "NEW", "", f"json_object('new', {_image('NEW', values)})"),
        ("delete", "OLD", "", f"json_object('old', {_image('OLD', values)})"),
        (
            "update",
            "NEW",
            f"WHEN {differs}\n",
            f"json_object('old', {_difference('OLD', 'NEW', values)}, 'new', {_difference('NEW', 'OLD', values)})",
        ),
    ):
        keys = ", ".join(f"'{name}', {row}.{name}" for name in key)
        op.execute(_TRIGGER.format(table=table, event=event, row=row, when=when, key=keys, changed=changed))


def unwatch(table: str) -> None:
    """Undo `watch`."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER audit_{table}_{event}")


def _image(row: str, values: Mapping[str, str]) -> str:
    fields = (f"'{name}', {value.format(row=row)}" for name, value in values.items())
    return f"json_object({', '.join(fields)})"


def _difference(row: str, other: str, values: Mapping[str, str]) -> str:
    fields = (
        _FIELD.format(name=name, value=value.format(row=row), row=row, other=other) for name, value in values.items()
    )
    return _OBJECT.format(fields=" UNION ALL ".join(fields))


def _value(name: str, kind: str, masked: Sequence[str]) -> str:
    """Return the SQL of one recorded value, with a place for the row's name."""
    column = "{row}." + name
    if name in masked:
        return f"CASE WHEN {column} IS NOT NULL THEN '(personal)' END"
    return f"CASE WHEN {column} IS NOT NULL THEN hex({column}) END" if kind == "hex" else column
