-- code: BKS052
-- severity: critical
-- title: a subject's key was destroyed, but the row is not erased, as after the restore of an old backup
-- hint: carry out the erasure again
-- cost: full
-- key: org_id, subject_kind, subject_id
SELECT k.org_id, k.subject_kind, k.subject_id, k.destroyed_at
FROM subject_key AS k
JOIN customer AS c ON c.org_id = k.org_id AND c.id = k.subject_id
WHERE k.subject_kind = 'customer' AND k.destroyed_at IS NOT NULL AND c.erased_at IS NULL
