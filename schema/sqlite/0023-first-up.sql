-- One more kind of hold: projects found in a folder whose projects start after one `mlenv up`. What is there already has
-- none, and so counts as started.

-- A check cannot be changed in place.
CREATE TABLE holds_new (
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml; '': the whole project
    kind TEXT NOT NULL CHECK (kind IN ('suspend', 'down', 'rm', 'rebuilt', 'idle', 'lifetime', 'unstarted')), -- suspend, down, rm, rebuilt, idle, lifetime, unstarted
    held_by TEXT NOT NULL, -- who asked
    at_ms INTEGER NOT NULL, -- ms
    PRIMARY KEY (project_id, environment, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO holds_new SELECT * FROM holds;
DROP TABLE holds;
ALTER TABLE holds_new RENAME TO holds;
