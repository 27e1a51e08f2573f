-- code: BKS030
-- severity: error
-- title: an attachment belongs to a document that does not exist in its organization
-- hint: remove the attachment, or give it to the right document
-- cost: full
-- key: org_id, id
-- show: owner_kind
SELECT a.org_id, a.id, a.owner_kind, a.owner_id
FROM attachment AS a
WHERE NOT EXISTS (
        SELECT 1 FROM invoice AS o WHERE a.owner_kind = 'invoice' AND o.org_id = a.org_id AND o.id = a.owner_id)
    AND NOT EXISTS (
        SELECT 1 FROM quote AS o WHERE a.owner_kind = 'quote' AND o.org_id = a.org_id AND o.id = a.owner_id)
    AND NOT EXISTS (
        SELECT 1 FROM payment AS o WHERE a.owner_kind = 'payment' AND o.org_id = a.org_id AND o.id = a.owner_id)
    AND NOT EXISTS (
        SELECT 1 FROM project AS o WHERE a.owner_kind = 'project' AND o.org_id = a.org_id AND o.id = a.owner_id)
