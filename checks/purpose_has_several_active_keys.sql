-- code: BKS039
-- severity: error
-- title: two keys are active for one purpose, so that it is not known which one seals
-- hint: retire the older key
-- cost: full
-- key: owner_org_id, purpose
SELECT owner_org_id, purpose, count(*) AS active_keys
FROM encryption_key
WHERE state = 'active'
GROUP BY owner_org_id, purpose
HAVING count(*) > 1
