-- code: BKS025
-- severity: error
-- title: an invoice names a quote that was not accepted by that customer in that currency
-- hint: correct the quote's status, or take the reference off the draft
-- cost: full
-- key: org_id, id
-- show: series, quote_status
SELECT i.org_id, i.id, i.series, i.number, q.id AS quote_id, q.status AS quote_status
FROM invoice AS i
JOIN quote AS q ON q.org_id = i.org_id AND q.id = i.quote_id
WHERE q.status <> 'accepted' OR q.customer_id <> i.customer_id OR q.currency <> i.currency
