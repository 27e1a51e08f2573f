-- code: BKS005
-- severity: error
-- title: a payment settles more than was received
-- hint: reduce the allocations of the payment
-- cost: full
-- key: org_id, id
SELECT p.org_id, p.id, p.amount, sum(a.amount) AS allocated
FROM payment AS p
JOIN payment_allocation AS a ON a.org_id = p.org_id AND a.payment_id = p.id
GROUP BY p.org_id, p.id, p.amount, p.base_amount
HAVING sum(a.amount) > p.amount OR sum(a.base_amount) > p.base_amount
