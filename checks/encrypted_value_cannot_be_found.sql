-- code: BKS038
-- severity: error
-- title: an encrypted value has no blind index, or a blind index has no value
-- hint: write both in one statement, through the application
-- cost: full
-- key: table_name, column_name, org_id, id
SELECT v.table_name, v.column_name, v.org_id, v.id
FROM (
    SELECT 'customer' AS table_name, 'email' AS column_name, org_id, id, email AS value, email_bidx AS blind_index
    FROM customer
    UNION ALL
    SELECT 'customer', 'iban', org_id, id, iban, iban_bidx FROM customer
    UNION ALL
    SELECT 'app_user', 'email', 0, id, email, email_bidx FROM app_user
) AS v
WHERE (v.value IS NULL) <> (v.blind_index IS NULL)
