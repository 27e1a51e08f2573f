-- code: BKS046
-- severity: critical
-- title: an audit entry is missing from an organization's chain
-- hint: compare with a backup; entries are never removed
-- cost: full
-- key: org_id, id
SELECT org_id, id, previous
FROM (
    SELECT org_id, id, lag(id, 1, 0) OVER (PARTITION BY org_id ORDER BY id) AS previous FROM audit_log
) AS numbered
WHERE id <> previous + 1
