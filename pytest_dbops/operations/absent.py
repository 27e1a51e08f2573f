"""The inputs of checks that a project does not have, with the reason that its reports give."""

from __future__ import annotations

from pytest_dbops.config.model import Config
from pytest_dbops.core.environment import Environment, Requirement

_OF_MIGRATIONS = (
    "walk", "revision", "standing", "preview", "downgrade_rule", "drift_of_models", "drift_of_target", "head_catalog",
    "applied_sources", "sizes", "target_sizes", "forecasts", "kept_forecasts", "on_target", "unread_revisions",
    "deploys",
)  # fmt: skip
_OF_MODELS = ("drift_of_models", "seeds", "reference_rows")
_NO_MODELS = 'the project names no models (add to [project]: metadata = "yourpackage.models:metadata")'
_BUILT = "the target is built from the migrations, so it is what they make"
_SEEDED = "the target is filled by the seeders, so it has what they make"
_NO_SEEDERS = 'the project has no seeders (add to [project]: seeders = "seeds")'
_NO_ACCESS = "the project declares no [access] (the present state as one: dbops env access)"
_NO_BACKUP = 'no recent backup is required here (add "recent_backup" to require in [env.NAME])'
_NO_ARCHIVE = "the project says of no rows that they are old (add [[archive]] to dbops.toml)"
_NO_MIGRATIONS = 'the project has no migrations (add to [project]: migrations = "migrations")'
_OF_TRAIL = ("audit", "audit_trail")
_OF_AUDIT = (*_OF_TRAIL, "audit_rehearsal")
_NO_AUDIT = 'no table is to leave an audit trail (add to dbops.toml: [audit] tables = ["invoice*"])'


def absent_inputs(config: Config, environment: Environment) -> dict[str, str]:
    """Return the inputs that this project does not have, with the reason."""
    absent = {} if config.project.seeders else dict.fromkeys(("seeds", "reference_rows"), _NO_SEEDERS)
    if not config.project.metadata:
        absent |= dict.fromkeys(_OF_MODELS, _NO_MODELS)
    if environment.is_embedded or Requirement.RECENT_BACKUP not in environment.policy.require:
        absent |= dict.fromkeys(("backups", "backup_files"), _NO_BACKUP)
    if environment.is_embedded:
        absent = {"drift_of_target": _BUILT, "on_target": _BUILT, "reference_rows": _SEEDED} | absent
    if not (config.project.migrations or config.project.baseline):
        absent["isolation"] = _NO_MIGRATIONS
    if not environment.pooler_reference:
        absent["pools"] = f'no pooler is declared (add to [env.{environment.name}]: pooler = "env:PGBOUNCER_URL")'
    if not config.archives:
        absent["old_rows"] = _NO_ARCHIVE
    if not config.access.is_declared:
        absent["access"] = _NO_ACCESS
    absent |= _of_audit(config, environment)
    return absent | (dict.fromkeys(_OF_MIGRATIONS, _NO_MIGRATIONS) if not config.project.migrations else {})


def _of_audit(config: Config, environment: Environment) -> dict[str, str]:
    """Return what is not asked of an audit trail; that it can be made is asked wherever it is configured."""
    if not config.audit.is_asked_for:
        return dict.fromkeys(_OF_AUDIT, _NO_AUDIT)
    if not environment.policy.auditing:
        off = f"auditing is off in {environment.name!r} ([env.{environment.name}] auditing = true)"
        return dict.fromkeys(_OF_TRAIL, off)
    return {}
