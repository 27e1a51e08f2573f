-- code: BKS027
-- severity: error
-- title: an amount uses decimals that its currency does not have
-- hint: round the document's lines to the currency's smallest amount
-- cost: full
-- key: document, org_id, id
-- show: currency
SELECT d.document, d.org_id, d.id, d.currency, d.amount, c.smallest_amount
FROM (
    SELECT 'invoice' AS document, org_id, id, currency, net AS amount FROM invoice
    UNION ALL
    SELECT 'invoice', org_id, id, currency, tax FROM invoice
    UNION ALL
    SELECT 'quote', org_id, id, currency, net FROM quote
    UNION ALL
    SELECT 'quote', org_id, id, currency, tax FROM quote
    UNION ALL
    SELECT 'payment', org_id, id, currency, amount FROM payment
) AS d
JOIN currency AS c ON c.code = d.currency
WHERE round(d.amount / c.smallest_amount) * c.smallest_amount <> d.amount
