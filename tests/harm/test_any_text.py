"""Whatever text is handed to a session, it answers or refuses in one line, and the database is the same."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from pytest_dbops.core.errors import CannotJudge
from tests.fix_targets import PRODUCTS, Target

FRAGMENTS = """
SELECT|1|*|FROM|customer|invoice|WHERE|id|=|(|)|,|;|'|''|"|""|`|[|]|$$|$x$|E'|U&"|\\|--|/*|*/|
:id|::int|:=|%|%s|%(id)s|?|$1|COMMIT|ROLLBACK|DELETE FROM invoice|UPDATE invoice SET cents = 0|
INSERT INTO customer VALUES (7, 'x')|DROP TABLE invoice|WITH x AS|RETURNING|EXPLAIN|ANALYZE|INTO|evil|
set_config('a.b', 'c', false)|write_customer()|BEGIN|END|PRAGMA|user_version|=|3|ATTACH|VALUES|(1)|UNION|TABLE|
nextval('invoice_number')|FOR UPDATE|é|\u00a0|\ufeff|\x01|\t|\x00|LIMIT|0|COPY customer TO STDOUT|SHOW ALL
"""
PIECES = [*(piece for piece in FRAGMENTS.replace("\n", "").split("|") if piece), "\n", "-- x\n"]
ROUNDS = 400


@pytest.mark.parametrize("target", PRODUCTS, indirect=True)
def test_any_text_is_answered_or_refused_and_changes_nothing(target: Target) -> None:
    dice = random.Random(20260301)
    before = target.state()
    with target.open() as session:
        for _ in range(ROUNDS):
            text = " ".join(dice.choices(PIECES, k=dice.randint(1, 9)))
            with suppress(CannotJudge):
                session.query(text, {"id": 1})
            with suppress(CannotJudge):
                session.sample(f"SELECT {text}", 2, {"id": 1})
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        session.verify()
        assert target.state() == before
    assert target.state() == before
