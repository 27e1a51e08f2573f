-- code: BKS017
-- severity: error
-- title: an invoice number is missing from its series
-- hint: find the missing document; tax law wants the series without gaps
-- cost: full
-- key: org_id, id
-- show: series
SELECT org_id, id, series, number, previous
FROM (
    SELECT org_id, id, series, number,
        lag(number, 1, 0) OVER (PARTITION BY org_id, series ORDER BY number) AS previous
    FROM invoice
    WHERE number IS NOT NULL
) AS numbered
WHERE number <> previous + 1
