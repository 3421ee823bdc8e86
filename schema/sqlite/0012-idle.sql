-- What is known of the use of environments, and two more kinds of holds. Times are milliseconds since the epoch.

CREATE TABLE idle (
    project_id TEXT NOT NULL, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    container_id TEXT, -- the one that was looked at; NULL: none runs
    judged_at_ms INTEGER NOT NULL, -- ms; the last look
    idle_since_ms INTEGER, -- ms; since when nobody uses it; NULL: somebody does, or it cannot be told
    use TEXT CHECK (use IN ('gpu', 'cpu', 'network', 'session', 'jupyter', 'unmeasured')), -- what speaks against idle; NULL: nothing
    used_at_ms INTEGER, -- ms; the last use that no sample shows
    used_by TEXT CHECK (used_by IN ('session', 'jupyter')), -- what it was
    due_at_ms INTEGER, -- ms; then it is stopped for want of use; NULL: it was not warned of
    quiet_at_ms INTEGER, -- ms; from then on a change that waits for it to be idle may be made
    lives_since_ms INTEGER, -- ms; its life began then, over restarts
    ends_at_ms INTEGER, -- ms; then its life ends; NULL: it was not warned of
    keep_until_ms INTEGER, -- ms; mlenv keep
    kept_by TEXT, -- who asked
    PRIMARY KEY (project_id, environment),
    FOREIGN KEY (project_id, environment) REFERENCES environments(project_id, environment) ON DELETE CASCADE,
    CHECK ((used_at_ms IS NULL) = (used_by IS NULL)),
    CHECK ((keep_until_ms IS NULL) = (kept_by IS NULL))
) STRICT, WITHOUT ROWID;

-- A check cannot be changed in place.
CREATE TABLE holds_new (
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml; '': the whole project
    kind TEXT NOT NULL CHECK (kind IN ('suspend', 'down', 'rm', 'rebuilt', 'idle', 'lifetime')), -- suspend, down, rm, rebuilt, idle, lifetime
    held_by TEXT NOT NULL, -- who asked
    at_ms INTEGER NOT NULL, -- ms
    PRIMARY KEY (project_id, environment, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO holds_new SELECT * FROM holds;
DROP TABLE holds;
ALTER TABLE holds_new RENAME TO holds;
