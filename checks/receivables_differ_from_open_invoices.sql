-- code: BKS012
-- severity: critical
-- title: the receivables account does not hold what open invoices say is owed
-- hint: compare the postings of invoices and payments with the documents
-- cost: full
-- key: org_id
-- Credit notes count against what is owed, also those that take back a void invoice.
SELECT o.id AS org_id, coalesce(booked.balance, 0) AS booked, coalesce(owed.amount, 0) AS owed
FROM organization AS o
LEFT JOIN (
    SELECT l.org_id, sum(l.debit) - sum(l.credit) AS balance
    FROM journal_line AS l
    JOIN journal_entry AS e ON e.org_id = l.org_id AND e.id = l.entry_id
    JOIN account AS a ON a.org_id = l.org_id AND a.id = l.account_id
    WHERE a.control = 'receivables' AND e.posted_at IS NOT NULL
    GROUP BY l.org_id
) AS booked ON booked.org_id = o.id
LEFT JOIN (
    SELECT i.org_id,
        sum(CASE i.kind WHEN 'invoice' THEN i.base_gross - i.base_paid ELSE i.base_paid - i.base_gross END) AS amount
    FROM invoice AS i
    WHERE i.status <> 'draft'
        AND NOT EXISTS (
            SELECT 1
            FROM journal_entry AS posted
            JOIN journal_entry AS undone ON undone.org_id = posted.org_id AND undone.reversal_of = posted.id
            WHERE posted.org_id = i.org_id AND posted.source_kind = 'invoice' AND posted.source_id = i.id
                AND posted.reversal_of IS NULL AND undone.posted_at IS NOT NULL
        )
    GROUP BY i.org_id
) AS owed ON owed.org_id = o.id
WHERE coalesce(booked.balance, 0) <> coalesce(owed.amount, 0)
