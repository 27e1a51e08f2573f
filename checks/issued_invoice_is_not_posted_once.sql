-- code: BKS013
-- severity: error
-- title: an issued invoice is not posted exactly once, or a draft is posted
-- hint: post the invoice, or reverse the surplus entry
-- cost: full
-- key: org_id, id
-- show: series, status
SELECT i.org_id, i.id, i.series, i.number, i.status, count(e.id) AS postings
FROM invoice AS i
LEFT JOIN journal_entry AS e
    ON e.org_id = i.org_id AND e.source_kind = 'invoice' AND e.source_id = i.id
    AND e.reversal_of IS NULL AND e.posted_at IS NOT NULL
GROUP BY i.org_id, i.id, i.series, i.number, i.status
HAVING count(e.id) <> CASE i.status WHEN 'draft' THEN 0 ELSE 1 END
