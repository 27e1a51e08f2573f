-- code: BKS006
-- severity: error
-- title: a payment settles an invoice of another customer, currency or direction
-- hint: move the allocation to an invoice of the payer
-- cost: full
-- key: org_id, payment_id, invoice_id
-- show: payment_currency, invoice_currency, direction, kind
SELECT a.org_id, a.payment_id, a.invoice_id, p.customer_id AS payer_id, i.customer_id AS invoiced_id,
    p.currency AS payment_currency, i.currency AS invoice_currency, p.direction, i.kind
FROM payment_allocation AS a
JOIN payment AS p ON p.org_id = a.org_id AND p.id = a.payment_id
JOIN invoice AS i ON i.org_id = a.org_id AND i.id = a.invoice_id
WHERE p.customer_id <> i.customer_id
    OR p.currency <> i.currency
    OR (p.direction = 'incoming') <> (i.kind = 'invoice')
    OR i.status IN ('draft', 'void')
