"""Empty a database and build it again from the migrations; production never."""

from __future__ import annotations

from dataclasses import replace

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path, find_environment
from pytest_dbops.core.deploy.order import to_apply
from pytest_dbops.core.deploy.preconditions import destroy_refusals, write_refusals
from pytest_dbops.core.environment import Environment, Kind
from pytest_dbops.core.errors import Blocked, PolicyRefused
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.deploy import Deployed
from pytest_dbops.operations.deploying.order import RunOrder, run_revisions
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import (
    DeployRequest,
    Plan,
    forced_names,
    refuse,
    refuse_broken,
    refuse_unfit,
    require_migrations,
    usable_environment,
)
from pytest_dbops.operations.deploying.sqlite_copy import run_on_copy
from pytest_dbops.operations.embedded import drop_embedded, embedded_url
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.migrations.project import project_history
from pytest_dbops.operations.runs import Run

# What an extension brought belongs to it; a schema of its own goes with all that is in it, `public` stays.
_EMPTY = r"""
DO $reset$
DECLARE
  each record;
BEGIN
  FOR each IN
    SELECT n.nspname
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'public')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
  LOOP
    EXECUTE pg_catalog.format('DROP SCHEMA %I CASCADE', each.nspname);
  END LOOP;
  FOR each IN
    SELECT c.relname, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                                     WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind
    FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = pg_catalog.to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relkind = 'S'
  LOOP
    EXECUTE pg_catalog.format('DROP %s IF EXISTS public.%I CASCADE', each.kind, each.relname);
  END LOOP;
  FOR each IN
    SELECT p.oid::regprocedure AS name
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = pg_catalog.to_regnamespace('public')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE pg_catalog.format('DROP ROUTINE IF EXISTS %s CASCADE', each.name);
  END LOOP;
  FOR each IN
    SELECT t.typname
    FROM pg_catalog.pg_type AS t
    WHERE t.typnamespace = pg_catalog.to_regnamespace('public') AND t.typtype IN ('e', 'd', 'r', 'c')
    AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
  LOOP
    EXECUTE pg_catalog.format('DROP TYPE IF EXISTS public.%I CASCADE', each.typname);
  END LOOP;
END
$reset$
"""


def reset_database(config: Config, request: DeployRequest, *, progress: Progress) -> Deployed | None:
    """Drop everything in an environment's database and apply all revisions; None for one that the tool itself builds.

    On SQLite the new file takes the old one's place when it is complete; on PostgreSQL what is dropped is gone, also
    when a revision fails then. Raises PolicyRefused for production, which nothing overrides, and where the policy
    lets nothing be dropped.
    """
    forced_names(request)
    environment = find_environment(config, request.environment)
    if environment.kind is Kind.PRODUCTION:
        raise PolicyRefused(f"{environment.name!r} is a production environment; it is never reset")
    require_migrations(config)
    if environment.is_embedded:
        _rebuild(config, environment, progress)
        return None
    plan = _plan(config, request, progress)
    order = RunOrder(
        plan.planned, actor=request.actor, reason=request.reason, about=plan.about, limits=request.limits,
        overridden=[each.name.value for each in plan.overridden], called=f"database of {plan.environment.name!r}",
    )  # fmt: skip
    assert plan.environment.url is not None
    url = plain_url(plan.environment.url.reveal())
    if environment.dialect == "sqlite":
        ran = run_on_copy(config, order, url, progress=progress, is_from_empty=True)
    else:
        ran = run_revisions(config, replace(order, first=_EMPTY), url, progress=progress)
    return Deployed(plan, order.deploy, ran.revisions, ran.problem)


def _plan(config: Config, request: DeployRequest, progress: Progress) -> Plan:
    environment = usable_environment(config, request.environment)
    history = project_history(config)
    refuse_broken(history)
    with open_environment(config, environment.name, progress=progress) as (_, _, session):
        refuse_unfit(session.identity, environment)
        identity = session.identity
    if not history.revisions:
        raise Blocked("the history is empty: there is nothing to build the database from")
    plan = Plan(environment, identity.host, identity.database, history, (), to_apply(history, ()))
    return refuse(plan, (*write_refusals(environment), *destroy_refusals(environment)), request)


def _rebuild(config: Config, environment: Environment, progress: Progress) -> None:
    """Forget what an embedded database was made of, and build it."""
    embedded_path(config, environment).with_suffix(".json").unlink(missing_ok=True)
    run = Run(None)
    try:
        embedded_url(config, environment, run, progress=progress)
    finally:
        run.end(lambda owned: drop_embedded(owned, config))
