-- code: BKS036
-- severity: error
-- title: a disabled user is still a member of an organization
-- hint: remove the membership
-- cost: full
-- key: org_id, user_id
-- show: status
SELECT m.org_id, m.user_id, u.status
FROM membership AS m
JOIN app_user AS u ON u.id = m.user_id
WHERE u.status = 'disabled'
