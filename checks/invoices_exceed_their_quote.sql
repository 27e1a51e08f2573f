-- code: BKS024
-- severity: error
-- title: invoices from a quote add up to more than was quoted
-- hint: have the rest ordered, or credit it
-- cost: full
-- key: org_id, id
SELECT q.org_id, q.id, q.number, q.net, sum(i.net) AS invoiced
FROM quote AS q
JOIN invoice AS i ON i.org_id = q.org_id AND i.quote_id = q.id
WHERE i.kind = 'invoice' AND i.status <> 'void'
GROUP BY q.org_id, q.id, q.number, q.net
HAVING sum(i.net) > q.net
