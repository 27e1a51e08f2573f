-- code: BKS033
-- severity: error
-- title: the recipient kept on an invoice is not its customer
-- hint: issue a credit note; the document went to the wrong party
-- cost: full
-- key: org_id, id
-- show: series
SELECT org_id, id, series, number, customer_id,
    CAST(bill_to_snapshot ->> 'customer_id' AS bigint) AS told_customer_id
FROM invoice
WHERE bill_to_snapshot IS NOT NULL
    AND (bill_to_snapshot ->> 'customer_id' IS NULL
        OR CAST(bill_to_snapshot ->> 'customer_id' AS bigint) <> customer_id)
