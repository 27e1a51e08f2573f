-- code: BKS040
-- severity: critical
-- title: the newest audit entries of an organization are missing, or there are some its chain does not know
-- hint: compare with a backup; entries are never removed
-- cost: full
-- key: org_id
SELECT h.org_id, h.last_id, (SELECT max(id) FROM audit_log AS a WHERE a.org_id = h.org_id) AS highest_id
FROM audit_head AS h
LEFT JOIN audit_log AS e ON e.org_id = h.org_id AND e.id = h.last_id
WHERE (e.id IS NULL AND h.last_id > 0)
    OR e.hash IS NULL
    OR e.hash <> h.last_hash
    OR EXISTS (
        SELECT 1
        FROM audit_log AS later
        WHERE later.org_id = h.org_id AND later.id > h.last_id AND later.hash IS NOT NULL
    )
UNION ALL
SELECT a.org_id, NULL, max(a.id)
FROM audit_log AS a
WHERE a.hash IS NOT NULL AND NOT EXISTS (SELECT 1 FROM audit_head AS h WHERE h.org_id = a.org_id)
GROUP BY a.org_id
