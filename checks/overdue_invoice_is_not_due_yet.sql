-- code: BKS008
-- severity: error
-- title: an invoice is called overdue before its due day has passed
-- hint: set the status back to issued
-- cost: full
-- key: org_id, id
-- show: series, status
SELECT org_id, id, series, number, status, due_on
FROM invoice
WHERE status = 'overdue' AND due_on >= CURRENT_DATE
