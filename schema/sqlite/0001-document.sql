-- The tables, indexes and views of the database document, by its names and columns.
-- The comment behind a column is its line in docs/database.md.
-- A DATETIME is UTC text 'YYYY-MM-DD HH:MM:SS': 'YYYY-MM-DDTHH:MM:SSZ' would compare wrongly with datetime('now').

CREATE TABLE ngc_images (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    name TEXT NOT NULL, -- image without organisation and team
    display_name TEXT, -- title in the catalogue
    organization TEXT NOT NULL, -- first part of the path in the registry
    team TEXT NOT NULL DEFAULT '', -- second part of the path; '' where there is none, as NULLs are never equal in UNIQUE
    category TEXT, -- pytorch, tensorflow, rapids, …
    description TEXT, -- text of the catalogue
    created_at DATETIME CHECK (created_at IS datetime(created_at)), -- UTC; as the catalogue says
    updated_at DATETIME CHECK (updated_at IS datetime(updated_at)), -- UTC; as the catalogue says
    last_synced DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (last_synced IS datetime(last_synced)), -- UTC; when this row was last read from the catalogue
    UNIQUE(organization, team, name)
);

CREATE INDEX idx_images_category ON ngc_images(category);
CREATE INDEX idx_images_org ON ngc_images(organization);
CREATE INDEX idx_images_name ON ngc_images(name);

CREATE TABLE image_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    image_id INTEGER NOT NULL, -- ngc_images.id
    tag TEXT NOT NULL, -- tag in the registry
    digest TEXT, -- sha256:… of the manifest
    size_bytes INTEGER, -- bytes, compressed, all layers
    created_at DATETIME CHECK (created_at IS datetime(created_at)), -- UTC; as the registry says
    cuda_version TEXT, -- CUDA inside the image
    python_version TEXT, -- Python inside the image
    framework_version TEXT, -- the framework's version inside the image
    architecture TEXT DEFAULT 'amd64', -- as the registry names it
    manifest_json TEXT, -- the whole manifest
    is_cached BOOLEAN DEFAULT 0, -- 1: present on this engine
    FOREIGN KEY (image_id) REFERENCES ngc_images(id),
    UNIQUE(image_id, tag)
);

CREATE INDEX idx_versions_image ON image_versions(image_id);
CREATE INDEX idx_versions_cuda ON image_versions(cuda_version);

CREATE TABLE container_instances (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    container_id TEXT NOT NULL UNIQUE, -- the engine's id
    container_name TEXT NOT NULL, -- the engine's name; at most one row that is not deleted bears it
    image_name TEXT NOT NULL, -- as the file names it
    project_path TEXT NOT NULL, -- realpath of the project's folder
    status TEXT NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'running', 'stopped', 'error', 'deleted')), -- created, running, stopped, error, deleted

    cpu_limit REAL, -- cores; NULL: no limit
    memory_limit_gb REAL, -- units of 2^30 bytes; NULL: no limit
    gpu_devices TEXT CHECK (gpu_devices IS NULL OR json_type(gpu_devices) = 'array'), -- JSON array of strings: ["0","1"]

    port_mappings TEXT CHECK (port_mappings IS NULL OR json_type(port_mappings) = 'object'), -- JSON, container port to host port, both strings: {"8888":"8888"}

    created_at DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (created_at IS datetime(created_at)), -- UTC; when the container was created
    started_at DATETIME CHECK (started_at IS datetime(started_at)), -- UTC; its last start; NULL: never started
    stopped_at DATETIME CHECK (stopped_at IS datetime(stopped_at)), -- UTC; its last end; NULL: has not ended

    cpu_usage_avg REAL, -- percent, 100 is one core
    memory_usage_avg_gb REAL, -- units of 2^30 bytes
    gpu_utilization_avg REAL, -- percent of one card, averaged over its cards

    user_id INTEGER, -- Unix uid of the project's owner; NULL: not known
    project_id TEXT, -- projects.id; NULL: written by hand
    environment TEXT, -- name in mlenv.yaml; NULL: written by hand
    generation INTEGER, -- generation of the environment that it was created for
    digest TEXT, -- digest of the environment that it was created for
    revision TEXT, -- version of the files that it was created from
    exit_code INTEGER -- of its last end; NULL: has not ended
);

CREATE INDEX idx_containers_status ON container_instances(status);
CREATE INDEX idx_containers_project ON container_instances(project_path);
-- A view filters by status and groups by container.
CREATE INDEX idx_containers_status_container ON container_instances(status, container_id);
-- Deleted rows keep their name, so only one row that lives may hold it.
CREATE UNIQUE INDEX idx_containers_live_name ON container_instances(container_name) WHERE status <> 'deleted';
-- "WHERE container_name = ? LIMIT 1" walks this index forward: the row that lives first, then the newest.
CREATE INDEX idx_containers_name ON container_instances(container_name, (status = 'deleted'), created_at DESC, id DESC, status);
-- What a quota counts, without the history.
CREATE INDEX idx_containers_usage ON container_instances(project_path, status, cpu_limit, memory_limit_gb, gpu_devices) WHERE status <> 'deleted';
CREATE INDEX idx_containers_live_project ON container_instances(project_id) WHERE status <> 'deleted';

CREATE TABLE resource_metrics (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    container_id TEXT NOT NULL, -- container_instances.container_id
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (timestamp IS datetime(timestamp)), -- UTC

    cpu_percent REAL, -- percent, 100 is one core
    memory_used_gb REAL, -- units of 2^30 bytes
    memory_percent REAL, -- percent of the container's limit, or of the host without one

    gpu_metrics TEXT CHECK (gpu_metrics IS NULL OR json_type(gpu_metrics) = 'array'), -- JSON array: [{"gpu_id":0,"utilization":78,"memory_used":8192}], percent and MiB

    disk_read_mb REAL, -- units of 2^20 bytes since the container's start
    disk_write_mb REAL, -- units of 2^20 bytes since the container's start
    network_rx_mb REAL, -- units of 2^20 bytes since the container's start
    network_tx_mb REAL, -- units of 2^20 bytes since the container's start

    FOREIGN KEY (container_id) REFERENCES container_instances(container_id)
);

CREATE INDEX idx_metrics_container ON resource_metrics(container_id);
CREATE INDEX idx_metrics_timestamp ON resource_metrics(timestamp);
CREATE INDEX idx_metrics_container_timestamp ON resource_metrics(container_id, timestamp);

CREATE TABLE system_snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (timestamp IS datetime(timestamp)), -- UTC

    cpu_percent REAL, -- percent of the whole host
    cpu_cores INTEGER, -- logical cores

    memory_total_gb REAL, -- units of 2^30 bytes
    memory_used_gb REAL, -- units of 2^30 bytes
    memory_available_gb REAL, -- units of 2^30 bytes
    memory_percent REAL, -- percent used

    gpu_stats TEXT CHECK (gpu_stats IS NULL OR json_type(gpu_stats) = 'array'), -- JSON array: [{"gpu_id":0,"utilization":45}], percent

    load_1min REAL, -- load average
    load_5min REAL, -- load average
    load_15min REAL -- load average
);

CREATE INDEX idx_snapshots_timestamp ON system_snapshots(timestamp);

CREATE TABLE api_cache (
    endpoint TEXT PRIMARY KEY, -- path of the request
    response TEXT, -- body of the answer
    cached_at DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (cached_at IS datetime(cached_at)), -- UTC
    expires_at DATETIME CHECK (expires_at IS datetime(expires_at)) -- UTC; not used from then on
);

CREATE INDEX idx_cache_expires ON api_cache(expires_at);

CREATE TABLE project_quotas (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    project_path TEXT NOT NULL UNIQUE, -- realpath of the project's folder
    max_containers INTEGER DEFAULT 5, -- containers; NULL: no limit
    max_cpu_cores REAL, -- cores; NULL: no limit
    max_memory_gb REAL, -- units of 2^30 bytes; NULL: no limit
    max_gpus INTEGER, -- cards; NULL: no limit
    current_containers INTEGER DEFAULT 0, -- containers that are not deleted; derived
    current_cpu_cores REAL DEFAULT 0, -- cores of those created or running; derived
    current_memory_gb REAL DEFAULT 0, -- units of 2^30 bytes, of those created or running; derived
    current_gpus INTEGER DEFAULT 0 -- cards of those created or running; derived
);

CREATE TABLE gpu_allocations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    gpu_id INTEGER NOT NULL, -- index of the card
    container_name TEXT NOT NULL, -- who holds it
    allocated_at DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (allocated_at IS datetime(allocated_at)), -- UTC
    UNIQUE(gpu_id, container_name)
);

CREATE INDEX idx_gpu_allocations_gpu ON gpu_allocations(gpu_id);
CREATE INDEX idx_gpu_allocations_container ON gpu_allocations(container_name);

CREATE TABLE users (
    id INTEGER PRIMARY KEY, -- Unix uid
    username TEXT UNIQUE, -- login name
    email TEXT, -- address
    quota_profile_id INTEGER -- quota profile
);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY, -- row number
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (timestamp IS datetime(timestamp)), -- UTC
    user_id INTEGER, -- Unix uid of who asked; NULL: MLEnv itself
    action TEXT, -- what was asked
    resource_type TEXT, -- kind of thing it was asked of
    resource_id TEXT, -- which one
    details TEXT -- more words
);

CREATE INDEX idx_audit_timestamp ON audit_log(timestamp);

CREATE TABLE health_checks (
    id INTEGER PRIMARY KEY, -- row number
    container_id TEXT, -- container_instances.container_id
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (timestamp IS datetime(timestamp)), -- UTC
    status TEXT, -- healthy, unhealthy, unknown
    last_check DATETIME CHECK (last_check IS datetime(last_check)), -- UTC
    failure_count INTEGER DEFAULT 0 -- failures in a row
);

CREATE INDEX idx_health_container ON health_checks(container_id, timestamp);

CREATE VIEW v_active_containers AS
SELECT
    ci.container_name,
    ci.image_name,
    ci.project_path,
    ci.status,
    ci.cpu_limit,
    ci.memory_limit_gb,
    ci.gpu_devices,
    ci.created_at,
    ci.started_at,
    ROUND(AVG(rm.cpu_percent), 2) as avg_cpu,
    ROUND(AVG(rm.memory_used_gb), 2) as avg_memory_gb
FROM container_instances ci
LEFT JOIN resource_metrics rm ON ci.container_id = rm.container_id
    AND rm.timestamp > datetime('now', '-5 minutes')
WHERE ci.status = 'running'
GROUP BY ci.container_id;

CREATE VIEW v_system_summary AS
SELECT
    ROUND(AVG(cpu_percent), 2) as avg_cpu_percent,
    ROUND(MAX(cpu_percent), 2) as max_cpu_percent,
    ROUND(AVG(memory_percent), 2) as avg_memory_percent,
    ROUND(MAX(memory_percent), 2) as max_memory_percent,
    ROUND(AVG(memory_available_gb), 2) as avg_available_gb,
    COUNT(*) as snapshot_count
FROM system_snapshots
WHERE timestamp > datetime('now', '-1 hour');

-- What each project uses now. Quota rows are written from this and never counted up and down.
CREATE VIEW project_usage AS
SELECT
    q.project_path,
    count(c.id) AS containers,
    round(total(CASE WHEN c.status IN ('created', 'running') THEN c.cpu_limit END), 6) AS cpu_cores,
    round(total(CASE WHEN c.status IN ('created', 'running') THEN c.memory_limit_gb END), 6) AS memory_gb,
    CAST(total(CASE WHEN c.status IN ('created', 'running') THEN json_array_length(c.gpu_devices) END) AS INTEGER) AS gpus
FROM project_quotas q
LEFT JOIN container_instances c ON c.project_path = q.project_path AND c.status <> 'deleted'
GROUP BY q.project_path;

CREATE TRIGGER quota_row_inserted AFTER INSERT ON project_quotas
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = NEW.project_path)
    WHERE id = NEW.id;
END;

CREATE TRIGGER quota_row_moved AFTER UPDATE OF project_path ON project_quotas
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = NEW.project_path)
    WHERE id = NEW.id;
END;

CREATE TRIGGER container_row_inserted AFTER INSERT ON container_instances
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = NEW.project_path)
    WHERE project_path = NEW.project_path;
END;

-- REPLACE runs this for the row that it removes only under recursive_triggers, which the store switches on.
CREATE TRIGGER container_row_removed AFTER DELETE ON container_instances
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = OLD.project_path)
    WHERE project_path = OLD.project_path;
END;

CREATE TRIGGER container_row_updated
AFTER UPDATE OF project_path, status, cpu_limit, memory_limit_gb, gpu_devices ON container_instances
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = NEW.project_path)
    WHERE project_path = NEW.project_path;
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = OLD.project_path)
    WHERE project_path = OLD.project_path AND OLD.project_path <> NEW.project_path;
END;

-- An engine gives a name to one container: whoever held it before is gone. Without this,
-- INSERT OR REPLACE would take the row before, and its history, out of the table.
CREATE TRIGGER container_name_taken BEFORE INSERT ON container_instances
WHEN NEW.status <> 'deleted'
    AND NOT EXISTS (SELECT 1 FROM container_instances WHERE container_id = NEW.container_id AND status = 'deleted')
BEGIN
    UPDATE container_instances SET status = 'deleted', stopped_at = coalesce(stopped_at, CURRENT_TIMESTAMP)
    WHERE container_name = NEW.container_name AND status <> 'deleted' AND container_id <> NEW.container_id;
END;
