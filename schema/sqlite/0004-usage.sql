-- What is granted counts as use before there is a container; a card's second hand is refused however it comes.

-- A container that is gone limits nothing, and a size is never cut down to the byte before it.
UPDATE environments SET
    granted_cpus = NULL,
    granted_memory_bytes = NULL
WHERE granted_at_ms IS NOT NULL AND EXISTS (SELECT 1 FROM container_instances c
    WHERE c.container_id = environments.container_id AND c.status = 'deleted');

CREATE INDEX idx_gpus_index ON gpus(gpu_id) WHERE gpu_id IS NOT NULL;

-- Until now a hand could give one card to several: they share it.
UPDATE gpu_allocations SET
    uuid = 'index:' || gpu_id,
    sharing = CASE WHEN EXISTS (SELECT 1 FROM gpu_allocations other
        WHERE other.gpu_id = gpu_allocations.gpu_id AND other.id <> gpu_allocations.id)
        THEN 'shared' ELSE 'exclusive' END
WHERE uuid IS NULL;

CREATE INDEX idx_gpu_allocations_lease ON gpu_allocations(uuid) WHERE kind = 'lease';

DROP TRIGGER gpu_hand_refused;
CREATE TRIGGER gpu_hand_refused BEFORE INSERT ON gpu_allocations
WHEN NEW.kind = 'lease'
BEGIN
    SELECT CASE
        WHEN (held.mig_uuid IS NULL) <> (NEW.mig_uuid IS NULL) THEN RAISE(ABORT, 'gpu taken: a whole card and a slice of it are never both leased')
        WHEN held.sharing = 'exclusive' THEN RAISE(ABORT, 'gpu taken: it is leased')
        WHEN NEW.sharing = 'exclusive' THEN RAISE(ABORT, 'gpu taken: it is leased by those who share it')
    END
    FROM gpu_allocations held
    WHERE held.kind = 'lease'
        AND held.uuid = coalesce(NEW.uuid, (SELECT uuid FROM gpus WHERE gpu_id = NEW.gpu_id), 'index:' || NEW.gpu_id)
        AND (held.mig_uuid IS NEW.mig_uuid OR held.mig_uuid IS NULL OR NEW.mig_uuid IS NULL);
END;

-- The same for a row that becomes another one.
CREATE TRIGGER gpu_change_refused BEFORE UPDATE OF uuid, mig_uuid, sharing, kind ON gpu_allocations
WHEN NEW.kind = 'lease'
BEGIN
    SELECT CASE
        WHEN (held.mig_uuid IS NULL) <> (NEW.mig_uuid IS NULL) THEN RAISE(ABORT, 'gpu taken: a whole card and a slice of it are never both leased')
        WHEN held.sharing = 'exclusive' THEN RAISE(ABORT, 'gpu taken: it is leased')
        WHEN NEW.sharing = 'exclusive' THEN RAISE(ABORT, 'gpu taken: it is leased by those who share it')
    END
    FROM gpu_allocations held
    WHERE held.kind = 'lease'
        AND held.id <> NEW.id
        AND held.uuid = NEW.uuid
        AND (held.mig_uuid IS NEW.mig_uuid OR held.mig_uuid IS NULL OR NEW.mig_uuid IS NULL);
END;

-- What an environment's containers have, without the history.
CREATE INDEX idx_containers_environment
ON container_instances(project_id, environment, project_path, status, cpu_limit, memory_limit_gb, gpu_devices)
WHERE status <> 'deleted';

-- What each project uses now: the rows of its containers, and what was granted beyond them. So an environment
-- counts from its grant on, before there is a container, and never twice.
DROP VIEW project_usage;
CREATE VIEW project_usage AS
SELECT
    project_path,
    containers,
    round(cpu_cores, 6) AS cpu_cores,
    round(memory_bytes / 1073741824, 6) AS memory_gb,
    gpus,
    CAST(round(memory_bytes) AS INTEGER) AS memory_bytes
FROM (
    SELECT
        q.project_path,
        (SELECT count(*) FROM container_instances c WHERE c.project_path = q.project_path AND c.status <> 'deleted')
        + (SELECT count(*) FROM projects p JOIN environments e ON e.project_id = p.id
            WHERE p.path = q.project_path AND e.granted_at_ms IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM container_instances c
                WHERE c.project_id = e.project_id AND c.environment = e.environment
                    AND c.project_path = p.path AND c.status <> 'deleted'
            )) AS containers,
        (SELECT total(c.cpu_limit) FROM container_instances c
            WHERE c.project_path = q.project_path AND c.status <> 'deleted' AND c.status IN ('created', 'running'))
        + (SELECT total(max(0, e.granted_cpus - (
                SELECT total(c.cpu_limit) FROM container_instances c
                WHERE c.project_id = e.project_id AND c.environment = e.environment
                    AND c.project_path = p.path AND c.status <> 'deleted' AND c.status IN ('created', 'running')
            ))) FROM projects p JOIN environments e ON e.project_id = p.id
            WHERE p.path = q.project_path AND e.granted_at_ms IS NOT NULL) AS cpu_cores,
        (SELECT total(c.memory_limit_gb) FROM container_instances c
            WHERE c.project_path = q.project_path AND c.status <> 'deleted' AND c.status IN ('created', 'running')) * 1073741824
        + (SELECT total(max(0, e.granted_memory_bytes - (
                SELECT total(c.memory_limit_gb) FROM container_instances c
                WHERE c.project_id = e.project_id AND c.environment = e.environment
                    AND c.project_path = p.path AND c.status <> 'deleted' AND c.status IN ('created', 'running')
            ) * 1073741824)) FROM projects p JOIN environments e ON e.project_id = p.id
            WHERE p.path = q.project_path AND e.granted_at_ms IS NOT NULL) AS memory_bytes,
        CAST((SELECT total(json_array_length(c.gpu_devices)) FROM container_instances c
            WHERE c.project_path = q.project_path AND c.status <> 'deleted' AND c.status IN ('created', 'running'))
        + (SELECT total(beyond) FROM (
            SELECT max(0, count(*) - (
                SELECT total(json_array_length(c.gpu_devices)) FROM container_instances c
                WHERE c.project_id = l.project_id AND c.environment = l.environment
                    AND c.project_path = p.path AND c.status <> 'deleted' AND c.status IN ('created', 'running')
            )) AS beyond
            FROM projects p JOIN gpu_allocations l ON l.project_id = p.id AND l.kind = 'lease'
            WHERE p.path = q.project_path
            GROUP BY l.environment
        )) AS INTEGER) AS gpus
    FROM project_quotas q
);

-- Whose a container is decides what its grant adds, so those columns count as well.
DROP TRIGGER container_row_updated;
CREATE TRIGGER container_row_updated
AFTER UPDATE OF project_path, status, cpu_limit, memory_limit_gb, gpu_devices, project_id, environment ON container_instances
BEGIN
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = NEW.project_path)
    WHERE project_path = NEW.project_path;
    UPDATE project_quotas SET (current_containers, current_cpu_cores, current_memory_gb, current_gpus) =
        (SELECT containers, cpu_cores, memory_gb, gpus FROM project_usage WHERE project_path = OLD.project_path)
    WHERE project_path = OLD.project_path AND OLD.project_path <> NEW.project_path;
END;

-- A path that is written anew, though it is the same, has quota_row_moved count the row afresh.
CREATE TRIGGER grant_inserted AFTER INSERT ON environments
WHEN NEW.granted_at_ms IS NOT NULL
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path = (SELECT path FROM projects WHERE id = NEW.project_id);
END;

-- A pass writes the whole row, mostly with the same grant in it.
CREATE TRIGGER grant_updated
AFTER UPDATE OF project_id, environment, granted_at_ms, granted_cpus, granted_memory_bytes ON environments
WHEN (OLD.project_id, OLD.environment, OLD.granted_at_ms IS NULL, OLD.granted_cpus, OLD.granted_memory_bytes)
    IS NOT (NEW.project_id, NEW.environment, NEW.granted_at_ms IS NULL, NEW.granted_cpus, NEW.granted_memory_bytes)
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path IN (SELECT path FROM projects WHERE id IN (OLD.project_id, NEW.project_id));
END;

CREATE TRIGGER grant_removed AFTER DELETE ON environments
WHEN OLD.granted_at_ms IS NOT NULL
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path = (SELECT path FROM projects WHERE id = OLD.project_id);
END;

CREATE TRIGGER gpu_lease_inserted AFTER INSERT ON gpu_allocations
WHEN NEW.kind = 'lease' AND NEW.project_id IS NOT NULL
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path = (SELECT path FROM projects WHERE id = NEW.project_id);
END;

CREATE TRIGGER gpu_lease_updated AFTER UPDATE OF kind, project_id, environment ON gpu_allocations
WHEN (OLD.kind, OLD.project_id, OLD.environment) IS NOT (NEW.kind, NEW.project_id, NEW.environment)
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path IN (SELECT path FROM projects WHERE id IN (OLD.project_id, NEW.project_id));
END;

CREATE TRIGGER gpu_lease_removed AFTER DELETE ON gpu_allocations
WHEN OLD.kind = 'lease' AND OLD.project_id IS NOT NULL
BEGIN
    UPDATE project_quotas SET project_path = project_path
    WHERE project_path = (SELECT path FROM projects WHERE id = OLD.project_id);
END;

-- Leases may be older than the row of their project: a card outlives a project until nothing runs on it.
CREATE TRIGGER project_inserted AFTER INSERT ON projects
BEGIN
    UPDATE project_quotas SET project_path = project_path WHERE project_path = NEW.path;
END;

CREATE TRIGGER project_moved AFTER UPDATE OF id, path ON projects
WHEN (OLD.id, OLD.path) IS NOT (NEW.id, NEW.path)
BEGIN
    UPDATE project_quotas SET project_path = project_path WHERE project_path IN (OLD.path, NEW.path);
END;

CREATE TRIGGER project_removed AFTER DELETE ON projects
BEGIN
    UPDATE project_quotas SET project_path = project_path WHERE project_path = OLD.path;
END;

UPDATE project_quotas SET project_path = project_path;
