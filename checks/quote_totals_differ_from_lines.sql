-- code: BKS003
-- severity: error
-- title: a quote's totals are not the sums of its lines
-- hint: recompute the quote
-- cost: full
-- key: org_id, id
SELECT q.org_id, q.id, q.number, q.net, q.tax, q.gross, l.net AS lines_net, l.tax AS lines_tax
FROM quote AS q
LEFT JOIN (
    SELECT org_id, quote_id, sum(net) AS net, sum(tax) AS tax
    FROM quote_line
    GROUP BY org_id, quote_id
) AS l ON l.org_id = q.org_id AND l.quote_id = q.id
WHERE q.net <> coalesce(l.net, 0)
    OR q.tax <> coalesce(l.tax, 0)
    OR q.gross <> q.net + q.tax
