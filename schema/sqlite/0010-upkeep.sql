-- What a year of reports is read from when the samples themselves are gone.

CREATE TABLE usage_hours (
    project_id TEXT NOT NULL, -- projects.id; the project may be gone
    environment TEXT NOT NULL, -- name in mlenv.yaml
    hour_ms INTEGER NOT NULL, -- ms; when the hour begins, UTC
    project_path TEXT NOT NULL, -- the project's folder then
    user_id INTEGER, -- Unix uid of the project's owner then; NULL: not known
    samples INTEGER NOT NULL, -- rows of resource_metrics that it was counted from
    observed_seconds REAL NOT NULL, -- seconds that lie between them; a gap of more than five minutes counts nothing
    cpu_core_seconds REAL NOT NULL, -- seconds of one core
    memory_gib_hours REAL NOT NULL, -- units of 2^30 bytes, times hours
    gpu_hours_held REAL NOT NULL, -- cards of its container, times hours
    gpu_hours_used REAL, -- the same, times their utilization; NULL: it had cards, and of none it was known
    network_rx_mb REAL NOT NULL, -- units of 2^20 bytes
    network_tx_mb REAL NOT NULL, -- units of 2^20 bytes
    disk_read_mb REAL NOT NULL, -- units of 2^20 bytes
    disk_write_mb REAL NOT NULL, -- units of 2^20 bytes
    PRIMARY KEY (project_id, environment, hour_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_usage_hour ON usage_hours(hour_ms);

-- What retention asks: the oldest of those that are gone.
CREATE INDEX idx_containers_ended ON container_instances(coalesce(stopped_at, created_at)) WHERE status = 'deleted';
CREATE INDEX idx_containers_of ON container_instances(project_id, environment);
CREATE INDEX idx_health_timestamp ON health_checks(timestamp);
CREATE INDEX idx_generations_at ON generations(at_ms);
