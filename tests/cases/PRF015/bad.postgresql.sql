-- role: superuser
-- settings: {"least_shared_buffers_bytes": 1099511627776, "most_random_page_cost": 1, "most_work_mem_bytes": 1024}

CREATE TABLE entry (id integer PRIMARY KEY);
