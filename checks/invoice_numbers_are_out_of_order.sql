-- code: BKS018
-- severity: error
-- title: an invoice with a higher number was issued on an earlier day
-- hint: check the day of issue of both invoices
-- cost: full
-- key: org_id, id
-- show: series
SELECT org_id, id, series, number, issued_on, previous_issued_on
FROM (
    SELECT org_id, id, series, number, issued_on,
        lag(issued_on) OVER (PARTITION BY org_id, series ORDER BY number) AS previous_issued_on
    FROM invoice
    WHERE number IS NOT NULL
) AS numbered
WHERE issued_on < previous_issued_on
