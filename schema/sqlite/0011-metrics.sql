-- Averages outlive the samples that they were made of: they are kept as sums and counts.

CREATE TABLE usage_sums (
    container_id TEXT PRIMARY KEY REFERENCES container_instances(container_id) ON DELETE CASCADE, -- container_instances.container_id
    started_at TEXT, -- UTC; the start that is counted from; NULL: not known
    cpu_percent REAL NOT NULL, -- sum of the samples' cpu_percent
    cpu_samples INTEGER NOT NULL, -- samples in which it was known
    memory_used_gb REAL NOT NULL, -- sum of the samples' memory_used_gb
    memory_samples INTEGER NOT NULL, -- samples in which it was known
    gpu_utilization REAL NOT NULL, -- sum of the samples' mean utilization over the container's cards
    gpu_samples INTEGER NOT NULL -- samples in which it was known
) STRICT, WITHOUT ROWID;
