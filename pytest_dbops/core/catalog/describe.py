"""A whole catalog said in words, object by object in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog.describe_privileges import describe_default_privilege, describe_privileges
from pytest_dbops.core.catalog.describe_table import (
    describe_check,
    describe_column,
    describe_index,
    describe_rule,
    describe_table,
    describe_trigger,
)
from pytest_dbops.core.catalog.facts import ITSELF, Attribute, Entry, Facet, Part, attributes, distinct
from pytest_dbops.core.catalog.names import label
from pytest_dbops.core.catalog.objects import (
    EventTrigger,
    Extension,
    OtherObject,
    Routine,
    Schema,
    Sequence,
    Type,
    TypeKind,
    View,
)
from pytest_dbops.core.catalog.privileges import DefaultPrivilege
from pytest_dbops.core.catalog.snapshot import Catalog, Database
from pytest_dbops.core.catalog.tables import Persistence


def describe(catalog: Catalog) -> Iterator[Entry]:
    """Yield the entry of every object: database, extensions, schemas, types, sequences, tables, the rest."""
    yield _database(catalog.database)
    yield from map(_extension, catalog.extensions)
    yield from map(_schema, catalog.schemas)
    yield from map(_type, catalog.types)
    yield from map(_sequence, catalog.sequences)
    yield from map(describe_table, catalog.tables)
    yield from map(_view, catalog.views)
    yield from map(_routine, catalog.routines)
    yield from map(_event_trigger, catalog.event_triggers)
    yield from map(_other, catalog.others)
    yield from map(_default_privilege, catalog.default_privileges)


def _common(owner: str, comment: str | None) -> Iterator[Attribute]:
    yield from attributes(Facet.OWNER, owner=owner)
    yield from attributes(Facet.COMMENT, comment=comment)


def _database(database: Database) -> Entry:
    context = attributes(
        Facet.DATABASE,
        encoding=database.encoding,
        collate=database.collate,
        ctype=database.ctype,
        locale_provider=database.locale_provider,
        locale=database.locale,
        owner=database.owner,
    )
    parts = [
        Part(f"setting {name}", (Attribute(ITSELF, value, Facet.SETTING),), Facet.SETTING)
        for name, _, value in (setting.partition("=") for setting in database.settings)
    ]
    comment = attributes(Facet.COMMENT, comment=database.comment)
    grants = describe_privileges(database.privileges)
    return Entry("database", (*context, *comment), distinct([*parts, *grants]), Facet.DATABASE)


def _extension(extension: Extension) -> Entry:
    facts = attributes(Facet.STRUCTURE, version=extension.version, schema=extension.schema)
    return Entry(f"extension {extension.name}", (*facts, *_common(extension.owner, extension.comment)))


def _schema(schema: Schema) -> Entry:
    common = tuple(_common(schema.owner, schema.comment))
    return Entry(f"schema {schema.name}", common, tuple(describe_privileges(schema.privileges)))


def _type(item: Type) -> Entry:
    facts = attributes(
        Facet.STRUCTURE,
        labels=[_quoted(text) for text in item.labels] or None,
        base=item.base,
        not_null=item.not_null,
        default=item.default,
        collation=item.collation,
        attribute_order=[column.name for column in item.columns] or None,
    )
    own = [Attribute(name, value) for name, _, value in (text.partition("=") for text in item.attributes)]
    parts = [_attribute_of_type(describe_column(column)) for column in item.columns]
    parts += map(describe_check, item.check_constraints)
    parts += describe_privileges(item.privileges)
    kind = "type" if item.kind in (TypeKind.BASE, TypeKind.COMPOSITE) else item.kind.value
    return Entry(
        f"{kind} {label(item.schema, item.name)}",
        (*facts, *own, *_common(item.owner, item.comment)),
        distinct(parts),
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _attribute_of_type(part: Part) -> Part:
    return Part(part.name.replace("column", "attribute", 1), part.attributes, part.facet)


_LARGEST = {"smallint": 32767, "integer": 2147483647, "bigint": 9223372036854775807}


def _sequence(sequence: Sequence) -> Entry:
    start = sequence.minimum if sequence.increment > 0 else sequence.maximum
    facts = attributes(
        Facet.STRUCTURE,
        type=sequence.data_type,
        start=str(sequence.start) if sequence.start != start else None,
        increment=str(sequence.increment) if sequence.increment != 1 else None,
        minimum=str(sequence.minimum) if sequence.minimum != 1 else None,
        maximum=str(sequence.maximum) if sequence.maximum != _LARGEST.get(sequence.data_type) else None,
        cache=str(sequence.cache) if sequence.cache != 1 else None,
        cycles=sequence.is_cycling,
        owned_by=sequence.owned_by.display if sequence.owned_by is not None else None,
        of_identity=sequence.is_identity,
        persistence=sequence.persistence.value if sequence.persistence is not Persistence.PERMANENT else None,
    )
    return Entry(
        f"sequence {label(sequence.schema, sequence.name)}",
        (*facts, *_common(sequence.owner, sequence.comment)),
        tuple(describe_privileges(sequence.privileges)),
    )


def _view(view: View) -> Entry:
    facts = attributes(
        Facet.STRUCTURE,
        definition=view.definition,
        temporary=view.is_temporary,
        options=view.options if not view.is_materialized else None,
    )
    state = attributes(Facet.STATE, not_populated=not view.is_populated)
    storage = attributes(
        Facet.STORAGE,
        options=view.options if view.is_materialized else None,
        access_method=view.access_method,
        tablespace=view.tablespace,
    )
    parts = [describe_column(column) for column in sorted(view.columns, key=lambda column: column.name)]
    parts += map(describe_index, view.indexes)
    parts += map(describe_trigger, view.triggers)
    parts += map(describe_rule, view.rules)
    parts += describe_privileges(view.privileges)
    kind = "materialized view" if view.is_materialized else "view"
    return Entry(
        f"{kind} {label(view.schema, view.name)}",
        (*facts, *state, *storage, *_common(view.owner, view.comment)),
        distinct(parts),
    )


def _routine(routine: Routine) -> Entry:
    facts = attributes(
        Facet.STRUCTURE,
        arguments=routine.arguments if routine.arguments != routine.identity_arguments else None,
        returns=routine.returns,
        language=routine.language,
        volatility=routine.volatility if routine.volatility != "volatile" else None,
        parallel=routine.parallel if routine.parallel != "unsafe" else None,
        strict=routine.is_strict,
        security_definer=routine.is_security_definer,
        leakproof=routine.is_leakproof,
        cost=str(routine.cost) if routine.cost != 100 else None,
        rows=str(routine.rows) if routine.rows else None,
        support=routine.support,
        transforms=routine.transforms,
        library=routine.library,
        source=routine.source,
    )
    aggregate = [Attribute(name, value) for name, _, value in (text.partition("=") for text in routine.aggregate)]
    settings = [
        Attribute(f"set {name}", value, Facet.SETTING)
        for name, _, value in (text.partition("=") for text in routine.settings)
    ]
    return Entry(
        f"{routine.kind.value} {label(routine.schema, routine.name)}({routine.identity_arguments})",
        (*facts, *aggregate, *settings, *_common(routine.owner, routine.comment)),
        tuple(describe_privileges(routine.privileges)),
    )


def _event_trigger(trigger: EventTrigger) -> Entry:
    facts = attributes(Facet.STRUCTURE, event=trigger.event, function=trigger.function, tags=trigger.tags)
    state = attributes(Facet.STATE, fires=trigger.enabled if trigger.enabled != "origin" else None)
    return Entry(f"event trigger {trigger.name}", (*facts, *state, *_common(trigger.owner, trigger.comment)))


def _other(item: OtherObject) -> Entry:
    facts = tuple(Attribute(name, value) for name, value in item.attributes)
    return Entry(
        f"{item.kind} {label(item.schema, item.name)}",
        (*facts, *_common(item.owner, item.comment)),
        tuple(describe_privileges(item.privileges)),
    )


def _default_privilege(default: DefaultPrivilege) -> Entry:
    where = f" in schema {default.schema}" if default.schema else ""
    return Entry(
        f"default privileges of {default.role} on {default.kind}s{where}",
        (),
        tuple(describe_default_privilege(default)),
        Facet.PRIVILEGE,
    )
