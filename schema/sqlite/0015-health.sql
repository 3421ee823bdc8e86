-- What each health check said, and that a container is stopped to be cured.

ALTER TABLE health_checks ADD COLUMN check_type TEXT NOT NULL DEFAULT 'docker' CHECK (check_type IN ('docker', 'http', 'gpu')); -- who asked: the engine; MLEnv by http; MLEnv by nvidia-smi in the container
ALTER TABLE health_checks ADD COLUMN response_time_ms INTEGER; -- ms; NULL: not known
ALTER TABLE health_checks ADD COLUMN message TEXT NOT NULL DEFAULT ''; -- what the last check said

-- The last word of each asker.
CREATE INDEX idx_health_type ON health_checks(container_id, check_type, id);

ALTER TABLE environments ADD COLUMN unhealthy_since_ms INTEGER; -- ms; since when its container is unhealthy; NULL: it is not
ALTER TABLE environments ADD COLUMN cure TEXT CHECK (cure IS NULL OR json_type(cure) = 'object'); -- JSON; the stop by which a sick container is cured
ALTER TABLE environments ADD COLUMN oom_seen TEXT CHECK (oom_seen IS NULL OR json_type(oom_seen) = 'object'); -- JSON; the kernel ended a process of its container for memory, as the engine told when it happened
