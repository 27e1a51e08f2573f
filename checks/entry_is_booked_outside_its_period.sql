-- code: BKS015
-- severity: error
-- title: a booking's day lies outside its fiscal period
-- hint: reverse the entry and book it into the period of its day
-- cost: full
-- key: org_id, id
SELECT e.org_id, e.id, e.booked_on, p.starts_on, p.ends_on
FROM journal_entry AS e
JOIN fiscal_period AS p ON p.org_id = e.org_id AND p.id = e.period_id
WHERE e.booked_on < p.starts_on OR e.booked_on > p.ends_on
