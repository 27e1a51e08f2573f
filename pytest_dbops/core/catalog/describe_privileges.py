"""Privileges said in words, one part a role; what a kind of object gives by default is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_dbops.core.catalog.facts import ITSELF, Attribute, Facet, Part
from pytest_dbops.core.catalog.privileges import DefaultPrivilege, Grant, Privileges


def describe_privileges(privileges: Privileges) -> Iterator[Part]:
    """Yield one part for each role that holds privileges, and one for what the owner lacks."""
    if privileges.is_default:
        return
    yield from _by_grantee(privileges.grants)
    if not privileges.grants:
        yield _part("grants to others", ["none"])
    if privileges.owner_lacks:
        yield _part("owner lacks", privileges.owner_lacks)


def describe_default_privilege(default: DefaultPrivilege) -> Iterator[Part]:
    """Yield one part for each role that will be granted something."""
    yield from _by_grantee(default.grants)


def _by_grantee(grants: Iterable[Grant]) -> Iterator[Part]:
    by_grantee: dict[str, list[str]] = {}
    for grant in grants:
        by_grantee.setdefault(grant.grantee, []).append(_words(grant))
    for grantee, words in sorted(by_grantee.items()):
        yield _part(f"grant to {grantee}", words)


def _words(grant: Grant) -> str:
    words = grant.privilege
    if grant.is_grantable:
        words += " with grant option"
    if grant.grantor:
        words += f" by {grant.grantor}"
    return words


def _part(name: str, words: Iterable[str]) -> Part:
    return Part(name, (Attribute(ITSELF, ", ".join(words), Facet.PRIVILEGE),), Facet.PRIVILEGE)
