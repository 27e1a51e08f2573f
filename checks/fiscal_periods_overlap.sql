-- code: BKS050
-- severity: error
-- title: two fiscal periods of an organization cover the same day
-- hint: correct the days of one of them
-- cost: full
-- key: org_id, id, other_id
SELECT one.org_id, one.id, other.id AS other_id, other.starts_on, one.ends_on
FROM fiscal_period AS one
JOIN fiscal_period AS other
    ON other.org_id = one.org_id AND other.id <> one.id
    AND other.starts_on >= one.starts_on AND other.starts_on <= one.ends_on
