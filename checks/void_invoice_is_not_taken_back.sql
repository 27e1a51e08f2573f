-- code: BKS009
-- severity: error
-- title: a void invoice has neither a credit note in full nor a reversed booking
-- hint: issue the credit note, or reverse the booking
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number, i.gross
FROM invoice AS i
WHERE i.status = 'void'
    AND i.gross <> (
        SELECT coalesce(sum(c.gross), 0)
        FROM invoice AS c
        WHERE c.org_id = i.org_id AND c.credit_of_id = i.id AND c.status NOT IN ('draft', 'void')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM journal_entry AS posted
        JOIN journal_entry AS undone ON undone.org_id = posted.org_id AND undone.reversal_of = posted.id
        WHERE posted.org_id = i.org_id AND posted.source_kind = 'invoice' AND posted.source_id = i.id
            AND posted.reversal_of IS NULL AND undone.posted_at IS NOT NULL
    )
