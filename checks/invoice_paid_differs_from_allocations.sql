-- code: BKS004
-- severity: error
-- title: an invoice's paid amount is not the sum of what payments settle
-- hint: set paid and base_paid from payment_allocation
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number, i.paid, a.amount AS allocated, i.base_paid, a.base_amount AS base_allocated
FROM invoice AS i
LEFT JOIN (
    SELECT org_id, invoice_id, sum(amount) AS amount, sum(base_amount) AS base_amount
    FROM payment_allocation
    GROUP BY org_id, invoice_id
) AS a ON a.org_id = i.org_id AND a.invoice_id = i.id
WHERE i.paid <> coalesce(a.amount, 0)
    OR i.base_paid <> coalesce(a.base_amount, 0)
    OR i.paid > i.gross
