-- code: BKS049
-- severity: critical
-- title: an invoice was written without leaving an audit entry
-- hint: find out how the triggers were passed by
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number
FROM invoice AS i
LEFT JOIN (
    SELECT DISTINCT org_id, CAST(row_pk ->> 'id' AS bigint) AS id
    FROM audit_log
    WHERE table_name = 'invoice' AND op = 'INSERT'
) AS written ON written.org_id = i.org_id AND written.id = i.id
WHERE written.id IS NULL
