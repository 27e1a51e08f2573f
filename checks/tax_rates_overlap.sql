-- code: BKS051
-- severity: error
-- title: two tax rates of one country and kind hold on the same day
-- hint: end the older rate on the day before the newer begins
-- cost: full
-- key: id, other_id
-- show: country_code, kind
SELECT one.id, other.id AS other_id, one.country_code, one.kind, other.valid_from, one.valid_to
FROM tax_rate AS one
JOIN tax_rate AS other
    ON other.country_code = one.country_code AND other.kind = one.kind AND other.id <> one.id
    AND other.valid_from >= one.valid_from
    AND (one.valid_to IS NULL OR other.valid_from <= one.valid_to)
