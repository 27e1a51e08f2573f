-- code: BKS034
-- severity: error
-- title: hours are marked as billed by an invoice line that does not exist or is void
-- hint: mark the hours as not billed
-- cost: full
-- key: org_id, id
SELECT t.org_id, t.id, t.invoice_id, t.invoice_pos
FROM time_entry AS t
LEFT JOIN invoice_line AS l ON l.org_id = t.org_id AND l.invoice_id = t.invoice_id AND l.pos = t.invoice_pos
LEFT JOIN invoice AS i ON i.org_id = t.org_id AND i.id = t.invoice_id
LEFT JOIN project AS p ON p.org_id = t.org_id AND p.id = t.project_id
WHERE t.invoice_id IS NOT NULL
    AND (l.pos IS NULL OR i.status = 'void' OR i.customer_id <> p.customer_id)
