-- What a report needs beside the hours: how long each card was held, and how much of that was measured.

-- A lease is gone when it is given back; this row stays.
CREATE TABLE gpu_lease_history (
    id INTEGER PRIMARY KEY, -- gpu_allocations.id of the lease, which is never used again
    project_id TEXT NOT NULL, -- projects.id; the project may be gone
    environment TEXT NOT NULL, -- name in mlenv.yaml
    project_name TEXT, -- as the file named it then; NULL: not known
    project_path TEXT, -- the project's folder then; NULL: not known
    user_id INTEGER, -- Unix uid of who answered for the project then; NULL: not known
    device TEXT NOT NULL, -- uuid of the slice, or of the whole card
    began_at_ms INTEGER NOT NULL, -- ms
    ended_at_ms INTEGER -- ms; NULL: it goes on
) STRICT;

CREATE INDEX idx_gpu_lease_history_ended ON gpu_lease_history(ended_at_ms);

CREATE VIEW v_gpu_lease_begun AS
SELECT l.id, l.project_id, l.environment, p.name AS project_name, p.path AS project_path,
    coalesce(o.owner_uid, p.owner_uid) AS user_id,
    coalesce(l.mig_uuid, l.uuid, 'index:' || l.gpu_id) AS device,
    unixepoch(l.allocated_at) * 1000 AS began_at_ms
FROM gpu_allocations l
LEFT JOIN projects p ON p.id = l.project_id
LEFT JOIN project_owners o ON o.project_id = l.project_id
WHERE l.kind = 'lease' AND l.project_id IS NOT NULL AND l.environment IS NOT NULL;

-- What lies before the last hour that was counted is told by gpu_hours_unleased below.
INSERT INTO gpu_lease_history
SELECT id, project_id, environment, project_name, project_path, user_id, device,
    max(began_at_ms, coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'usage-rolled-to'), 0)), NULL
FROM v_gpu_lease_begun;

CREATE TRIGGER gpu_lease_begun AFTER INSERT ON gpu_allocations
WHEN NEW.kind = 'lease' AND NEW.project_id IS NOT NULL AND NEW.environment IS NOT NULL
BEGIN
    INSERT OR IGNORE INTO gpu_lease_history SELECT *, NULL FROM v_gpu_lease_begun WHERE id = NEW.id;
END;

-- MLEnv itself has written the end by then; this is for a hand.
CREATE TRIGGER gpu_lease_ended AFTER DELETE ON gpu_allocations
WHEN OLD.kind = 'lease'
BEGIN
    UPDATE gpu_lease_history SET ended_at_ms = max(began_at_ms, unixepoch('now') * 1000)
    WHERE id = OLD.id AND ended_at_ms IS NULL;
END;

ALTER TABLE usage_hours ADD COLUMN gpu_hours_measured REAL NOT NULL DEFAULT 0; -- cards of which the utilization was known, times hours
ALTER TABLE usage_hours ADD COLUMN gpu_hours_unleased REAL NOT NULL DEFAULT 0; -- of gpu_hours_held, what gpu_lease_history does not tell: it is younger
ALTER TABLE usage_hours ADD COLUMN project_name TEXT; -- as the file named it then; NULL: the project was gone

UPDATE usage_hours SET
    gpu_hours_measured = iif(gpu_hours_used IS NULL, 0, gpu_hours_held),
    gpu_hours_unleased = gpu_hours_held,
    project_name = (SELECT name FROM projects WHERE id = project_id);
