-- code: BKS028
-- severity: error
-- title: a document in the base currency is converted, or a foreign one is not
-- hint: set fx_rate to 1 for the base currency and base amounts to the document's own
-- cost: full
-- backends: postgresql
-- key: org_id, id
-- show: series, currency
SELECT i.org_id, i.id, i.series, i.number, i.currency, i.fx_rate, i.gross, i.base_gross
FROM invoice AS i
JOIN organization AS o ON o.id = i.org_id
WHERE i.currency = o.base_currency
    AND (i.fx_rate <> 1 OR i.base_net <> i.net OR i.base_tax <> i.tax OR i.base_paid <> i.paid)
