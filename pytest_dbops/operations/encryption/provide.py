"""What a gate's checks of encryption are given: the keyring, the columns, and what became of their fields."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_dbops.config.model import Config
from pytest_dbops.core.check import Cost
from pytest_dbops.core.encryption import EncryptedColumns, FieldAudit, KeyRecords
from pytest_dbops.core.encryption_marks import MarkedColumns
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, DbopsError, DoesNotApply, NoProvider
from pytest_dbops.core.key_use import KeyUses
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.shared import SharedPieces

if TYPE_CHECKING:
    from pytest_dbops.crypto.keyring import Keyring
    from pytest_dbops.operations.encryption.audit import Helpers

NO_COLUMNS = "no model has an encrypted column (give one a type: EncryptedText, EncryptedJSON or EncryptedBytes)"
NO_MODELS = (
    'the project names no models (add to [project]: metadata = "yourpackage.models:metadata"), and the target has no'
    " marks of encrypted columns (dbops compliance mark)"
)


@dataclass(slots=True)
class FieldAudits:
    """What became of the fields of each column; each is judged once a run, by the first check that asks."""

    inputs: Inputs
    pieces: SharedPieces
    columns: EncryptedColumns
    cost: Cost
    helpers: Callable[[Inputs], Helpers | None]
    why_none: str = NO_COLUMNS
    _failed: dict[str, DbopsError] = field(default_factory=dict)

    def names(self) -> Sequence[str]:
        """Return the names of all columns; raises where there are none, see `AuditsOfFields`."""
        if self.columns.problem:
            raise CannotJudge(self.columns.problem)
        if not self.columns.columns:
            raise DoesNotApply(self.why_none)
        return [each.name for each in self.columns.columns]

    def of(self, name: str) -> FieldAudit:
        """Return what became of one column."""
        if name in self._failed:
            raise self._failed[name].with_traceback(None)
        piece = f"fields-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        try:
            return self.pieces.get(piece, FieldAudit, lambda: self._judged(name))
        except DbopsError as err:
            self._failed[name] = err
            raise

    def _judged(self, name: str) -> FieldAudit:
        # Imported here, as below: a gate without encrypted columns needs no cryptography.
        from pytest_dbops.operations.encryption.audit import audit_column

        column = self.columns.find(name)
        if column is None:
            raise CannotJudge(f"there is no encrypted column {name!r} any more")
        return audit_column(
            self.inputs.session, column, self.columns.columns, self._keyring(), self.cost, self.helpers(self.inputs)
        )  # fmt: skip

    def _keyring(self) -> Keyring | None:
        """Return the keys, None where a gate is given none on purpose; a key that is unfit is an error."""
        from pytest_dbops.crypto.keyring import Keyring

        try:
            keyring = self.inputs.get("keyring")
        except NoProvider:
            return None
        assert isinstance(keyring, Keyring)
        return keyring


def inputs_of_encryption(
    config: Config, environment: Environment, pieces: SharedPieces, cost: Cost
) -> Mapping[str, Callable[[Inputs], object]]:
    """Return what makes each input that comes of encrypted columns, once a process."""

    has_models = bool(config.project.metadata)

    def marks(inputs: Inputs) -> MarkedColumns:
        from pytest_dbops.operations.encryption.columns import shared_columns
        from pytest_dbops.operations.encryption.marks import read_marks

        models = shared_columns(config, pieces)
        return pieces.get(
            "encryption-marks", MarkedColumns, lambda: read_marks(inputs.session, models, has_models=has_models)
        )

    def columns(inputs: Inputs) -> EncryptedColumns:
        """Return the columns of the models; where those have none, the columns that the target itself has marked."""
        from pytest_dbops.operations.encryption.columns import shared_columns

        models = shared_columns(config, pieces)
        if models.columns or models.problem:
            return models
        found = inputs.get("encryption_marks")
        assert isinstance(found, MarkedColumns)
        return EncryptedColumns(found.columns)

    def audits(inputs: Inputs) -> FieldAudits:
        found = inputs.get("encrypted_columns")
        assert isinstance(found, EncryptedColumns)
        return FieldAudits(inputs, pieces, found, cost, helpers, NO_COLUMNS if has_models else NO_MODELS)

    def helpers(inputs: Inputs) -> Helpers | None:
        from pytest_dbops.operations.encryption.dividing import helpers_of

        return helpers_of(config.root, environment, inputs.target_url())

    def uses(inputs: Inputs) -> KeyUses:
        from pytest_dbops.operations.encryption.key_use import read_key_uses

        return pieces.get("key-uses", KeyUses, lambda: read_key_uses(inputs.session))

    def keyring(_: Inputs) -> Keyring:
        from pytest_dbops.operations.encryption.keyring import project_keyring

        return project_keyring(config, environment)

    def records(_: Inputs) -> KeyRecords:
        from pytest_dbops.operations.encryption.keyring import known_keys

        return known_keys(config, environment)

    return {
        "keyring": keyring,
        "key_records": records,
        "key_uses": uses,
        "encryption_marks": marks,
        "encrypted_columns": columns,
        "field_audits": audits,
    }
