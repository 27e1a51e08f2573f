"""The process that judges the fields of one range of keys (see `dividing.py`).

Reads one JSON object on standard input, with what is to be kept from others; writes one JSON line. It ends as soon as
its standard input does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import process_time
from typing import Any

from pytest_dbops.backends import backend_for
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.encryption import EncryptedColumn, KeyRecord
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.raised import raised_line
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.session import Limits
from pytest_dbops.crypto.audit import ColumnAuditor, Tally
from pytest_dbops.crypto.keyring import Keyring, RootKey
from pytest_dbops.crypto.nonces import NonceFilter
from pytest_dbops.operations.confined import end_with_standard_input, private_stdout
from pytest_dbops.operations.encryption.audit import read_range
from pytest_dbops.operations.encryption.dividing import key_of_json

APPLICATION = "pytest-dbops gate"


def main() -> int:
    """Judge the range that is asked for, and tell what was found, or the one line of what is wrong."""
    began_s = process_time()
    order = json.loads(sys.stdin.buffer.readline())
    end_with_standard_input()
    say = private_stdout()
    try:
        found = _judged(order)
    except DbopsError as err:
        say({"error": " ".join(str(err).split()), "kind": type(err).__name__})
        return 1
    except Exception as err:
        say({"error": f"a part of the column cannot be judged: {raised_line(err)}", "kind": "CannotJudge"})
        return 1
    say({"done": {"tally": to_json(found), "cpu_s": process_time() - began_s}})
    return 0


def _judged(order: dict[str, Any]) -> Tally:
    column = from_json(EncryptedColumn, order["column"])
    keyring = Keyring(
        RootKey(from_json(KeyRecord, each["record"]), Secret(each["root"]) if each["root"] else None)
        for each in order["keys"]
    )
    nonces = NonceFilter(order["rows"])
    columns = [from_json(EncryptedColumn, each) for each in order["columns"]]
    auditor = ColumnAuditor(keyring, column, columns, nonces)
    opened = backend_for(order["dialect"]).open_session(
        order["url"], limits=Limits(*order["limits"]), expect=from_json(Expectation, order["expect"]),
        application=APPLICATION,
    )  # fmt: skip
    with opened as session:
        read_range(session, column, auditor, key_of_json(order["low"]), key_of_json(order["high"]))
        session.verify()
    nonces.write(Path(order["nonces"]))
    return auditor.tally()


if __name__ == "__main__":
    sys.exit(main())
