-- code: BKS019
-- severity: error
-- title: a draft has a number, or an issued invoice has none
-- hint: numbers are given when an invoice is issued
-- cost: full
-- key: org_id, id
-- show: series, status
SELECT org_id, id, series, number, status
FROM invoice
WHERE (status = 'draft') <> (number IS NULL)
