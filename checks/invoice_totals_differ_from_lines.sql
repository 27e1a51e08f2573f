-- code: BKS001
-- severity: error
-- title: an invoice's totals are not the sums of its lines
-- hint: recompute the draft, or issue a credit note for an issued invoice
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number, i.net, i.tax, i.gross, l.net AS lines_net, l.tax AS lines_tax
FROM invoice AS i
LEFT JOIN (
    SELECT org_id, invoice_id, sum(net) AS net, sum(tax) AS tax
    FROM invoice_line
    GROUP BY org_id, invoice_id
) AS l ON l.org_id = i.org_id AND l.invoice_id = i.id
WHERE i.net <> coalesce(l.net, 0)
    OR i.tax <> coalesce(l.tax, 0)
    OR i.gross <> i.net + i.tax
