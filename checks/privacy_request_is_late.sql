-- code: BKS044
-- severity: warning
-- title: a data subject's request was answered late, or is past its due day
-- hint: answer it now, and tell the subject why it took longer
-- cost: full
-- key: org_id, id
-- show: kind, status
SELECT org_id, id, kind, status, due_at, completed_at
FROM gdpr_request
WHERE (status NOT IN ('completed', 'refused') AND due_at < CURRENT_TIMESTAMP)
    OR completed_at > due_at
