-- code: BKS047
-- severity: error
-- title: a change lowered a row's version
-- hint: find who wrote past the application; updates were lost
-- cost: full
-- key: org_id, id
-- show: table_name
SELECT org_id, id, table_name,
    CAST(changed -> 'old' ->> 'row_version' AS bigint) AS old_version,
    CAST(changed -> 'new' ->> 'row_version' AS bigint) AS new_version
FROM audit_log
WHERE op = 'UPDATE'
    AND CAST(changed -> 'new' ->> 'row_version' AS bigint) < CAST(changed -> 'old' ->> 'row_version' AS bigint)
