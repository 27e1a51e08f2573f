-- code: BKS011
-- severity: critical
-- title: an organization's debits and credits do not add up to zero
-- hint: find the entries that are off balance (BKS010)
-- cost: full
-- key: org_id
SELECT org_id, sum(debit) AS debit, sum(credit) AS credit
FROM journal_line
GROUP BY org_id
HAVING sum(debit) <> sum(credit)
