-- code: BKS021
-- severity: error
-- title: an issued invoice can still be changed
-- hint: set locked_at and content_hash when issuing
-- cost: full
-- key: org_id, id
-- show: series, status
SELECT org_id, id, series, number, status
FROM invoice
WHERE (status <> 'draft') <> (locked_at IS NOT NULL)
    OR (status <> 'draft' AND content_hash IS NULL)
