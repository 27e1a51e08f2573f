-- code: BKS031
-- severity: critical
-- title: a booking names a document that does not exist in its organization
-- hint: reverse the entry
-- cost: full
-- key: org_id, id
-- show: source_kind
SELECT e.org_id, e.id, e.source_kind, e.source_id
FROM journal_entry AS e
WHERE (e.source_kind = 'invoice' AND NOT EXISTS (
        SELECT 1 FROM invoice AS i WHERE i.org_id = e.org_id AND i.id = e.source_id))
    OR (e.source_kind = 'payment' AND NOT EXISTS (
        SELECT 1 FROM payment AS p WHERE p.org_id = e.org_id AND p.id = e.source_id))
