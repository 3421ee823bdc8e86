-- People and what they may have. A hand may write all of it.

-- A field that is named here is a budget of the project's own: the project is measured by it alone, and does not
-- count for its owner. Every other max_* caps the project within what its owner may have.
ALTER TABLE project_quotas ADD COLUMN overrides TEXT NOT NULL DEFAULT '{}' CHECK (json_type(overrides) = 'object'); -- JSON; the max_* that are a budget of the project's own, and who says so: {"gpus":"set"}; containers, cpus, memory, gpus; set, config
ALTER TABLE project_quotas ADD COLUMN defaulted TEXT NOT NULL DEFAULT '{"containers":5}' CHECK (json_type(defaulted) = 'object'); -- JSON; what max_* are where nobody says otherwise: a max_* that is so follows the configuration

CREATE TABLE quota_profiles (
    id INTEGER PRIMARY KEY, -- row number
    name TEXT NOT NULL UNIQUE, -- for people; user:UID and group:NAME are those that mlenv quota set writes
    max_containers INTEGER CHECK (max_containers >= -1), -- containers; -1: no limit; NULL: says nothing
    max_cpu_cores REAL CHECK (max_cpu_cores >= 0 OR max_cpu_cores = -1), -- cores; -1: no limit; NULL: says nothing
    max_memory_gb REAL CHECK (max_memory_gb >= 0 OR max_memory_gb = -1), -- units of 2^30 bytes; -1: no limit; NULL: says nothing
    max_gpus INTEGER CHECK (max_gpus >= -1) -- cards; -1: no limit; NULL: says nothing
) STRICT;

CREATE TABLE group_quotas (
    group_name TEXT PRIMARY KEY, -- as the name service has it
    quota_profile_id INTEGER NOT NULL -- quota_profiles.id: what each member may have
) STRICT, WITHOUT ROWID;

CREATE TABLE project_owners (
    project_id TEXT PRIMARY KEY REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    owner_uid INTEGER NOT NULL -- Unix uid of who answers for it, as the configuration says
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO users (id) SELECT DISTINCT owner_uid FROM projects;

-- What counts for each person: all of that person's projects, without what a project has a budget of its own for.
CREATE VIEW user_usage AS
SELECT
    coalesce(o.owner_uid, p.owner_uid) AS user_id,
    u.username,
    count(*) AS projects,
    CAST(total(CASE WHEN json_type(q.overrides, '$.containers') IS NULL THEN q.current_containers END) AS INTEGER) AS containers,
    round(total(CASE WHEN json_type(q.overrides, '$.cpus') IS NULL THEN q.current_cpu_cores END), 6) AS cpu_cores,
    round(total(CASE WHEN json_type(q.overrides, '$.memory') IS NULL THEN q.current_memory_gb END), 6) AS memory_gb,
    CAST(total(CASE WHEN json_type(q.overrides, '$.gpus') IS NULL THEN q.current_gpus END) AS INTEGER) AS gpus
FROM projects p
JOIN project_quotas q ON q.project_path = p.path
LEFT JOIN project_owners o ON o.project_id = p.id
LEFT JOIN users u ON u.id = coalesce(o.owner_uid, p.owner_uid)
GROUP BY coalesce(o.owner_uid, p.owner_uid);
