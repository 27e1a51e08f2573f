-- code: BKS041
-- severity: critical
-- title: an erased customer still has personal data
-- hint: carry out the erasure again; kept columns need a basis and an end
-- cost: full
-- key: org_id, id
SELECT c.org_id, c.id, c.erased_at
FROM customer AS c
WHERE c.erased_at IS NOT NULL
    AND (c.name <> 'erased ' || c.number
        OR c.contact_name IS NOT NULL
        OR c.email IS NOT NULL
        OR c.phone IS NOT NULL
        OR c.iban IS NOT NULL
        OR c.vat_id IS NOT NULL
        OR c.notes IS NOT NULL
        OR EXISTS (SELECT 1 FROM customer_address AS a WHERE a.org_id = c.org_id AND a.customer_id = c.id)
        OR EXISTS (
            SELECT 1 FROM payment AS p
            WHERE p.org_id = c.org_id AND p.customer_id = c.id
                AND (p.payer_iban IS NOT NULL OR p.refund_iban IS NOT NULL))
        OR (c.retain_until IS NULL AND EXISTS (
            SELECT 1 FROM invoice AS i
            WHERE i.org_id = c.org_id AND i.customer_id = c.id AND i.bill_to_snapshot IS NOT NULL)))
