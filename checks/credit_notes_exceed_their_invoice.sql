-- code: BKS023
-- severity: error
-- title: credit notes take back more than the invoice, or belong to another customer
-- hint: void the surplus credit note
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number, i.gross, sum(c.gross) AS credited
FROM invoice AS i
JOIN invoice AS c ON c.org_id = i.org_id AND c.credit_of_id = i.id
WHERE c.status NOT IN ('draft', 'void')
GROUP BY i.org_id, i.id, i.series, i.number, i.gross, i.currency, i.customer_id, i.kind
HAVING sum(c.gross) > i.gross
    OR min(c.currency) <> i.currency OR max(c.currency) <> i.currency
    OR min(c.customer_id) <> i.customer_id OR max(c.customer_id) <> i.customer_id
    OR i.kind <> 'invoice'
