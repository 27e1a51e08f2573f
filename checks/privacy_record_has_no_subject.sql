-- code: BKS032
-- severity: error
-- title: a hold, consent or key names a subject that its organization does not have
-- hint: remove the record, or correct its subject
-- cost: full
-- key: record, org_id, subject_kind, subject_id
SELECT s.record, s.org_id, s.subject_kind, s.subject_id
FROM (
    SELECT 'legal_hold' AS record, org_id, subject_kind, subject_id FROM legal_hold
    UNION ALL
    SELECT 'consent', org_id, subject_kind, subject_id FROM consent
    UNION ALL
    SELECT 'subject_key', org_id, subject_kind, subject_id FROM subject_key
) AS s
WHERE (s.subject_kind = 'customer' AND NOT EXISTS (
        SELECT 1 FROM customer AS c WHERE c.org_id = s.org_id AND c.id = s.subject_id))
    OR (s.subject_kind = 'app_user' AND NOT EXISTS (
        SELECT 1 FROM membership AS m WHERE m.org_id = s.org_id AND m.user_id = s.subject_id))
