-- code: BKS016
-- severity: critical
-- title: a booking was posted into a period that was closed already
-- hint: reverse it in an open period
-- cost: full
-- key: org_id, id
-- An entry left unposted in a closed period counts too: it can never be posted any more.
SELECT e.org_id, e.id, e.posted_at, p.closed_at
FROM journal_entry AS e
JOIN fiscal_period AS p ON p.org_id = e.org_id AND p.id = e.period_id
WHERE p.closed_at IS NOT NULL AND (e.posted_at IS NULL OR e.posted_at > p.closed_at)
