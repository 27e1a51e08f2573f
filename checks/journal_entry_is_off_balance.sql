-- code: BKS010
-- severity: critical
-- title: a booking's debits and credits differ, or it has fewer than two lines
-- hint: reverse the entry and book it anew
-- cost: full
-- key: org_id, id
SELECT e.org_id, e.id, e.booked_on, count(l.pos) AS line_count, sum(l.debit) AS debit, sum(l.credit) AS credit
FROM journal_entry AS e
LEFT JOIN journal_line AS l ON l.org_id = e.org_id AND l.entry_id = e.id
GROUP BY e.org_id, e.id, e.booked_on
HAVING count(l.pos) < 2 OR sum(l.debit) <> sum(l.credit)
