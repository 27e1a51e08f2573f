-- code: BKS007
-- severity: error
-- title: an invoice's status and its paid amount disagree
-- hint: set the status from paid and gross
-- cost: full
-- key: org_id, id
-- show: series, status
SELECT org_id, id, series, number, status, paid, gross
FROM invoice
WHERE (status = 'paid' AND paid <> gross)
    OR (status IN ('issued', 'overdue') AND paid = gross AND gross > 0)
    OR (status = 'draft' AND paid <> 0)
