-- code: BKS014
-- severity: critical
-- title: a posting's amounts are not those of its invoice
-- hint: reverse the posting and post the invoice anew
-- cost: full
-- key: org_id, id
-- show: series
SELECT i.org_id, i.id, i.series, i.number, i.base_gross, sum(
        CASE WHEN a.control = 'receivables' THEN l.debit - l.credit ELSE 0 END) AS claimed,
    sum(CASE WHEN a.control = 'revenue' THEN l.credit - l.debit ELSE 0 END) AS earned,
    sum(CASE WHEN a.control = 'output_tax' THEN l.credit - l.debit ELSE 0 END) AS taxed
FROM invoice AS i
JOIN journal_entry AS e
    ON e.org_id = i.org_id AND e.source_kind = 'invoice' AND e.source_id = i.id AND e.reversal_of IS NULL
JOIN journal_line AS l ON l.org_id = e.org_id AND l.entry_id = e.id
JOIN account AS a ON a.org_id = l.org_id AND a.id = l.account_id
GROUP BY i.org_id, i.id, i.series, i.number, i.kind, i.base_gross, i.base_net, i.base_tax
HAVING sum(CASE WHEN a.control = 'receivables' THEN l.debit - l.credit ELSE 0 END)
        <> CASE i.kind WHEN 'invoice' THEN i.base_gross ELSE -i.base_gross END
    OR sum(CASE WHEN a.control = 'revenue' THEN l.credit - l.debit ELSE 0 END)
        <> CASE i.kind WHEN 'invoice' THEN i.base_net ELSE -i.base_net END
    OR sum(CASE WHEN a.control = 'output_tax' THEN l.credit - l.debit ELSE 0 END)
        <> CASE i.kind WHEN 'invoice' THEN i.base_tax ELSE -i.base_tax END
