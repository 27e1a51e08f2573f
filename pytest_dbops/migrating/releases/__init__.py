"""The running release on the next schema: its statements, made from the catalog it was written for."""

from pytest_dbops.migrating.releases.rehearse import Release, broken_by, record_release
from pytest_dbops.migrating.releases.statements import ReleaseStatement

__all__ = ["Release", "ReleaseStatement", "broken_by", "record_release"]
