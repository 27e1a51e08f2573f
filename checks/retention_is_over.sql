-- code: BKS042
-- severity: error
-- title: documents of an erased customer are kept longer than the law wants
-- hint: remove the recipient from the documents
-- cost: full
-- key: org_id, id
SELECT c.org_id, c.id, c.retain_until, count(i.id) AS documents
FROM customer AS c
JOIN invoice AS i ON i.org_id = c.org_id AND i.customer_id = c.id AND i.bill_to_snapshot IS NOT NULL
WHERE c.erased_at IS NOT NULL
    AND c.retain_until < CURRENT_DATE
    AND NOT EXISTS (
        SELECT 1 FROM legal_hold AS h
        WHERE h.org_id = c.org_id AND h.subject_kind = 'customer' AND h.subject_id = c.id AND h.until >= CURRENT_DATE
    )
GROUP BY c.org_id, c.id, c.retain_until
