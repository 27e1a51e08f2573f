-- code: BKS035
-- severity: error
-- title: an active organization has nobody who may manage its members
-- hint: give an active member the admin role
-- cost: full
-- key: org_id
-- show: slug
SELECT o.id AS org_id, o.slug
FROM organization AS o
WHERE o.status = 'active'
    AND NOT EXISTS (
        SELECT 1
        FROM membership AS m
        JOIN app_user AS u ON u.id = m.user_id
        JOIN role_permission AS p ON p.org_id = m.org_id AND p.role_id = m.role_id
        WHERE m.org_id = o.id AND u.status = 'active' AND p.permission_code = 'member.manage'
    )
