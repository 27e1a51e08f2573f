-- code: BKS037
-- severity: warning
-- title: a role permits nothing
-- hint: give the role permissions, or remove it
-- cost: full
-- key: org_id, id
-- show: name
SELECT r.org_id, r.id, r.name
FROM role AS r
WHERE NOT EXISTS (SELECT 1 FROM role_permission AS p WHERE p.org_id = r.org_id AND p.role_id = r.id)
