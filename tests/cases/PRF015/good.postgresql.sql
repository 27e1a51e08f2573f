-- role: superuser
-- settings: {"least_shared_buffers_bytes": 1, "most_random_page_cost": 4, "most_work_mem_bytes": 1099511627776}

DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET track_io_timing = on', current_database()); END $$;
