-- code: BKS002
-- severity: error
-- title: an invoice's tax summary is not its lines grouped by rate
-- hint: rebuild invoice_tax from the lines
-- cost: full
-- key: org_id, invoice_id, tax_pct
SELECT org_id, invoice_id, tax_pct, sum(base) AS base_difference, sum(tax) AS tax_difference
FROM (
    SELECT org_id, invoice_id, tax_pct, net AS base, tax FROM invoice_line
    UNION ALL
    SELECT org_id, invoice_id, tax_pct, -base, -tax FROM invoice_tax
) AS both_sides
GROUP BY org_id, invoice_id, tax_pct
HAVING sum(base) <> 0 OR sum(tax) <> 0
