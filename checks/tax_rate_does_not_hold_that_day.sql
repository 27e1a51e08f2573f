-- code: BKS026
-- severity: error
-- title: a line's tax is not a rate of the seller's country on the day of issue
-- hint: credit the invoice and issue it with the right rate
-- cost: full
-- key: org_id, document, id, pos
-- show: country_code
SELECT l.org_id, l.document, l.id, l.pos, l.tax_pct, r.rate, r.country_code, l.issued_on, r.valid_from, r.valid_to
FROM (
    SELECT 'invoice' AS document, i.org_id, i.id, i.issued_on, line.pos, line.tax_rate_id, line.tax_pct
    FROM invoice_line AS line
    JOIN invoice AS i ON i.org_id = line.org_id AND i.id = line.invoice_id
    UNION ALL
    SELECT 'quote', q.org_id, q.id, q.issued_on, line.pos, line.tax_rate_id, line.tax_pct
    FROM quote_line AS line
    JOIN quote AS q ON q.org_id = line.org_id AND q.id = line.quote_id
) AS l
JOIN organization AS o ON o.id = l.org_id
JOIN tax_rate AS r ON r.id = l.tax_rate_id
WHERE l.tax_pct <> r.rate
    OR r.country_code <> o.country_code
    OR l.issued_on < r.valid_from
    OR l.issued_on > r.valid_to
