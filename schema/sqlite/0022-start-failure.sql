-- What the engine said when a container could not be created or started, and how often in a row.

ALTER TABLE environments ADD COLUMN start_failure TEXT CHECK (start_failure IS NULL OR json_type(start_failure) = 'object'); -- JSON; the last try to create or start its container that the engine refused; NULL: it was started since
