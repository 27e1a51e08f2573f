CREATE DOMAIN local_moment AS timestamp

CREATE TABLE invoice (
  id bigint PRIMARY KEY,
  issued_at timestamp, paid_at timestamp(3) without time zone, closed_at local_moment, opens_at time with time zone,
  price money, payload json, number char(12), total double precision, tax real, reminders timestamp[]
)
