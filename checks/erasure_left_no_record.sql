-- code: BKS043
-- severity: error
-- title: a completed request has no steps, no plan, or keeps data without a basis
-- hint: complete the record of the request
-- cost: full
-- key: org_id, id
-- show: kind
SELECT r.org_id, r.id, r.kind, r.completed_at
FROM gdpr_request AS r
WHERE r.status = 'completed'
    AND (r.plan_hash IS NULL
        OR NOT EXISTS (SELECT 1 FROM gdpr_action AS a WHERE a.org_id = r.org_id AND a.request_id = r.id)
        OR EXISTS (
            SELECT 1 FROM gdpr_action AS a
            WHERE a.org_id = r.org_id AND a.request_id = r.id AND a.action = 'keep' AND a.basis IS NULL))
