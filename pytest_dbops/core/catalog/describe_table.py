"""Tables and their parts said in words."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog.constraints import (
    CheckConstraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)
from pytest_dbops.core.catalog.describe_privileges import describe_privileges
from pytest_dbops.core.catalog.facts import Attribute, Entry, Facet, Part, attributes, distinct
from pytest_dbops.core.catalog.indexes import Index
from pytest_dbops.core.catalog.names import label
from pytest_dbops.core.catalog.privileges import NO_GRANTS
from pytest_dbops.core.catalog.tables import Column, Persistence, Policy, Rule, Table, TableKind, Trigger

_NOT_NULL = Attribute("not null", "yes")


def describe_table(table: Table) -> Entry:
    """Return a table's entry: its own attributes, then its parts in a fixed order."""
    return Entry(f"table {label(table.schema, table.name)}", tuple(_own(table)), distinct(_parts(table)))


def _own(table: Table) -> Iterator[Attribute]:
    yield from attributes(
        Facet.STRUCTURE,
        kind=table.kind.value if table.kind is not TableKind.PLAIN else None,
        persistence=table.persistence.value if table.persistence is not Persistence.PERMANENT else None,
        row_security=table.row_security,
        forced_row_security=table.force_row_security,
        partition_by=table.partition_key,
        partition_bound=table.partition_bound,
        inherits=table.inherits,
        of_type=table.of_type,
        replica_identity=table.replica_identity if table.replica_identity != "default" else None,
        server=table.server,
        foreign_options=table.foreign_options,
        strict=table.is_strict,
        without_rowid=table.is_without_rowid,
        using=table.module,
    )
    yield from attributes(
        Facet.STORAGE, access_method=table.access_method, tablespace=table.tablespace, options=table.options
    )
    yield from attributes(Facet.ORDER, column_order=[column.name for column in table.columns] or None)
    yield from attributes(Facet.OWNER, owner=table.owner)
    yield from attributes(Facet.COMMENT, comment=table.comment)


def _parts(table: Table) -> Iterator[Part]:
    not_nulls = {rule.column: rule for rule in table.not_null_constraints}
    for column in sorted(table.columns, key=lambda column: column.name):
        yield describe_column(column, not_nulls.get(column.name), table)
    behind = {index.constraint: index for index in table.indexes if index.constraint}
    if table.primary_key is not None:
        yield _key("primary key", table.primary_key, behind.get(table.primary_key.name))
    for key in table.unique_constraints:
        yield _key(f"unique {key.name or _columns(key.columns)}", key, behind.get(key.name))
    yield from map(_foreign_key, table.foreign_keys)
    yield from map(describe_check, table.check_constraints)
    for rule in table.exclusion_constraints:
        yield _exclusion(rule, behind.get(rule.name))
    for index in table.indexes:
        if not index.constraint:
            yield describe_index(index)
    yield from map(describe_trigger, table.triggers)
    yield from map(_policy, table.policies)
    yield from map(describe_rule, table.rules)
    yield from describe_privileges(table.privileges)


def describe_column(column: Column, rule: NotNullConstraint | None = None, table: Table | None = None) -> Part:
    """Return a column's part; a NOT NULL constraint's own facts are told as the column's."""
    default = "default" if not column.generated else "as"
    facts = [Attribute("type", column.type)]
    if column.not_null:
        facts.append(_NOT_NULL)
    if rule is not None and table is not None:
        facts += _not_null(rule, table)
    facts += attributes(
        Facet.STRUCTURE,
        **{default: column.default},
        generated=column.generated,
        identity=column.identity,
        collation=column.collation,
        on_conflict=column.conflict,
        inherited=column.is_inherited,
        not_local=not column.is_local and not column.is_inherited,
        also_local=column.is_local and column.is_inherited,
        foreign_options=column.foreign_options,
    )
    if column.storage or column.compression or column.options or column.statistics_target is not None:
        facts += attributes(
            Facet.STORAGE,
            storage=column.storage,
            compression=column.compression,
            statistics_target=column.statistics_target,
            options=column.options,
        )
    if column.privileges is not NO_GRANTS:
        for part in describe_privileges(column.privileges):
            facts.append(Attribute(part.name, part.text, Facet.PRIVILEGE))
    if column.comment:
        facts += attributes(Facet.COMMENT, comment=column.comment)
    return Part(f"column {column.name}", tuple(facts))


def _not_null(rule: NotNullConstraint, table: Table) -> Iterator[Attribute]:
    ordinary = f"{table.name}_{rule.column}_not_null"
    yield from attributes(
        Facet.STRUCTURE,
        not_null_constraint=rule.name if rule.name != ordinary else None,
        not_null_no_inherit=rule.is_no_inherit,
        not_null_not_enforced=not rule.is_enforced,
        not_null_inherited=rule.is_inherited,
    )
    yield from attributes(Facet.STATE, not_null_not_valid=not rule.is_validated)
    yield from attributes(Facet.COMMENT, not_null_comment=rule.comment)


def _columns(columns: tuple[str, ...]) -> str:
    return f"({', '.join(columns)})"


def _key(name: str, key: KeyConstraint, index: Index | None) -> Part:
    facts = attributes(
        Facet.STRUCTURE,
        columns=_columns(key.columns),
        name=key.name if name == "primary key" else None,
        include=_columns(key.include) if key.include else None,
        nulls_not_distinct=key.nulls_not_distinct,
        without_overlaps=key.is_period,
        deferrable=key.is_deferrable,
        initially_deferred=key.is_initially_deferred,
        autoincrement=key.is_autoincrement,
        on_conflict=key.conflict,
        inherited=key.is_inherited,
    )
    own_order = _columns(key.columns)
    return Part(name, (*facts, *_of_index(index, own_order), *attributes(Facet.COMMENT, comment=key.comment)))


def _of_index(index: Index | None, columns: str = "") -> Iterator[Attribute]:
    """Yield what the index behind a constraint adds to it, told as the constraint's."""
    if index is None:
        return
    keys = _columns(tuple(key.text for key in index.keys))
    yield from attributes(
        Facet.STRUCTURE,
        index_on=keys if columns and keys != columns else None,
        index_replica_identity=index.is_replica_identity,
        index_part_of=index.parent,
    )
    for fact in (*_index_state(index), *_index_storage(index)):
        yield Attribute(f"index {fact.name}", fact.value, fact.facet)
    yield from attributes(Facet.COMMENT, index_comment=index.comment)


def _foreign_key(key: ForeignKey) -> Part:
    facts = attributes(
        Facet.STRUCTURE,
        columns=_columns(key.columns),
        references=f"{label(key.target_schema, key.target_table)} {_columns(key.target_columns)}",
        on_delete=key.on_delete if key.on_delete != "NO ACTION" else None,
        on_delete_columns=_columns(key.on_delete_columns) if key.on_delete_columns else None,
        on_update=key.on_update if key.on_update != "NO ACTION" else None,
        match=key.match if key.match != "SIMPLE" else None,
        period=key.is_period,
        deferrable=key.is_deferrable,
        initially_deferred=key.is_initially_deferred,
        not_enforced=not key.is_enforced,
        inherited=key.is_inherited,
    )
    name = f"foreign key {key.name or _columns(key.columns)}"
    state = attributes(Facet.STATE, not_valid=not key.is_validated)
    return Part(name, (*facts, *state, *attributes(Facet.COMMENT, comment=key.comment)))


def describe_check(check: CheckConstraint) -> Part:
    """Return a check constraint's part, of a table or a domain."""
    facts = attributes(
        Facet.STRUCTURE,
        expression=check.expression,
        no_inherit=check.is_no_inherit,
        not_enforced=not check.is_enforced,
        inherited=check.is_inherited,
    )
    name = f"check {check.name}" if check.name else f"check ({' '.join(check.expression.split())})"
    state = attributes(Facet.STATE, not_valid=not check.is_validated)
    return Part(name, (*facts, *state, *attributes(Facet.COMMENT, comment=check.comment)))


def _exclusion(rule: ExclusionConstraint, index: Index | None) -> Part:
    facts = attributes(
        Facet.STRUCTURE,
        definition=rule.definition,
        deferrable=rule.is_deferrable,
        initially_deferred=rule.is_initially_deferred,
        inherited=rule.is_inherited,
    )
    comment = attributes(Facet.COMMENT, comment=rule.comment)
    return Part(f"exclusion {rule.name}", (*facts, *_of_index(index), *comment))


def describe_index(index: Index) -> Part:
    """Return an index's part, of a table or a materialized view."""
    structure = attributes(
        Facet.STRUCTURE,
        method=index.method if index.method != "btree" else None,
        on=_columns(tuple(key.text for key in index.keys)),
        include=_columns(index.include) if index.include else None,
        where=index.predicate,
        unique=index.is_unique,
        nulls_not_distinct=index.nulls_not_distinct,
        deferrable=not index.is_immediate,
        replica_identity=index.is_replica_identity,
        part_of=index.parent,
    )
    name = f"index {index.name or _columns(tuple(key.text for key in index.keys))}"
    comment = attributes(Facet.COMMENT, comment=index.comment)
    return Part(name, (*structure, *_index_state(index), *_index_storage(index), *comment))


def _index_state(index: Index) -> Iterator[Attribute]:
    yield from attributes(
        Facet.STATE, not_valid=not index.is_valid, not_ready=not index.is_ready, dying=not index.is_live
    )


def _index_storage(index: Index) -> Iterator[Attribute]:
    yield from attributes(
        Facet.STORAGE,
        options=index.options,
        tablespace=index.tablespace,
        clustered_on=index.is_clustered,
        statistics_target=[f"{number}={target}" for number, target in index.statistics_targets] or None,
    )


def describe_trigger(trigger: Trigger) -> Part:
    """Return a trigger's part, of a table or a view."""
    facts = attributes(
        Facet.STRUCTURE,
        definition=trigger.definition,
        of_constraint=trigger.constraint,
        inherited=trigger.is_inherited,
    )
    state = attributes(Facet.STATE, fires=trigger.enabled if trigger.enabled != "origin" else None)
    comment = attributes(Facet.COMMENT, comment=trigger.comment)
    return Part(f"trigger {trigger.name}", (*facts, *state, *comment))


def describe_rule(rule: Rule) -> Part:
    """Return a rewrite rule's part, of a table or a view."""
    facts = attributes(Facet.STRUCTURE, definition=rule.definition)
    state = attributes(Facet.STATE, fires=rule.enabled if rule.enabled != "origin" else None)
    return Part(f"rule {rule.name}", (*facts, *state, *attributes(Facet.COMMENT, comment=rule.comment)))


def _policy(policy: Policy) -> Part:
    facts = attributes(
        Facet.STRUCTURE,
        kind="restrictive" if not policy.is_permissive else None,
        command=policy.command,
        roles=policy.roles,
        using=policy.using,
        with_check=policy.with_check,
    )
    return Part(f"policy {policy.name}", (*facts, *attributes(Facet.COMMENT, comment=policy.comment)))
