"""AUD007: bulk statements counted on a scratch copy of the target."""

from __future__ import annotations

from tests.audit.conftest import Audited
from tests.audit.judging import judged


def test_bulk_statements_are_counted_on_a_copy_of_the_target(project: Audited) -> None:
    if project.dialect == "postgresql":
        project.run(
            "CREATE TABLE part (id integer NOT NULL, at date NOT NULL, word varchar(1) NOT NULL CHECK (word <> 'y'),"
            " twice integer GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (at)",
            "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')",
            "ALTER TABLE party ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE party FORCE ROW LEVEL SECURITY",
        )
        project.configure("", replacing={'"party"]': '"party", "part"]'})
    project.dbops("install")
    assert judged(project, "AUD007")["AUD007"][0] == "passed"
    if project.dialect == "postgresql":
        project.run(
            "CREATE RULE more AS ON DELETE TO invoice DO ALSO UPDATE invoice SET note = 'gone' WHERE id = OLD.id"
        )
    else:
        project.run(
            "CREATE TABLE replaced (id integer PRIMARY KEY, word integer NOT NULL UNIQUE ON CONFLICT REPLACE)",
        )
        project.configure("", replacing={'"invoice", ': '"replaced", "invoice", '})
    outcome, subjects = judged(project, "AUD007")["AUD007"]
    assert (outcome, set(subjects)) == ("failed", {"invoice" if project.dialect == "postgresql" else "replaced"})
