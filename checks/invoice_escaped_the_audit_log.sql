-- code: BKS049
-- severity: critical
-- title: an invoice was written without leaving an audit entry
-- hint: find out how the triggers were passed by
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number
FROM invoice AS i
WHERE NOT EXISTS (
    SELECT 1
    FROM audit_log AS a
    WHERE a.org_id = i.org_id AND a.table_name = 'invoice' AND a.op = 'INSERT'
        AND CAST(a.row_pk ->> 'id' AS bigint) = i.id
)
