-- What the reconciler needs beside the document's tables. Times are milliseconds since the epoch.

CREATE TABLE projects (
    id TEXT PRIMARY KEY, -- random, given at first sight; also in the labels
    name TEXT NOT NULL, -- as the file names it
    path TEXT NOT NULL UNIQUE, -- realpath of the folder
    device TEXT NOT NULL, -- device number of the folder
    inode TEXT NOT NULL, -- inode number of the folder
    owner_uid INTEGER NOT NULL, -- the folder's owner at first sight
    owner_gid INTEGER NOT NULL, -- the folder's group at first sight
    seen_uid INTEGER, -- owner seen now; NULL: the recorded one
    seen_gid INTEGER, -- group seen now; NULL: the recorded one
    subnet TEXT, -- of the project's network; NULL: none yet
    spec_error TEXT, -- why the file cannot be used; NULL: it can
    first_seen_at_ms INTEGER NOT NULL, -- ms
    vanished_at_ms INTEGER, -- ms; since when the file or its folder is gone; NULL: it is there
    revision TEXT NOT NULL, -- version of the files
    CHECK ((seen_uid IS NULL) = (seen_gid IS NULL))
) STRICT;

CREATE TABLE environments (
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    uid TEXT NOT NULL UNIQUE, -- random, given at first sight; also in the labels
    raw TEXT NOT NULL CHECK (json_type(raw) = 'object'), -- JSON, as the user wrote it, variables not replaced
    digest TEXT NOT NULL, -- hash of what the user wrote
    generation INTEGER NOT NULL, -- rises with every change of the digest
    observed_generation INTEGER NOT NULL, -- the last generation that a pass looked at
    phase TEXT NOT NULL, -- state of the lifecycle machine
    reason TEXT NOT NULL, -- one word of docs/reasons.md
    message TEXT NOT NULL, -- the same in a sentence
    container_id TEXT, -- the engine's id; NULL: no container
    restarts INTEGER NOT NULL, -- since it was last well for ten minutes
    last_failure TEXT NOT NULL, -- what the last try that failed said; '': it is well
    next_attempt_at_ms INTEGER, -- ms; no try before then; NULL: at once
    vanished_at_ms INTEGER, -- ms; since when it is missing from the file; NULL: it is there
    approval TEXT CHECK (approval IS NULL OR json_type(approval) = 'object'), -- JSON; the change that a person let through
    restart_requested_at_ms INTEGER, -- ms; a restart was asked and is not yet done
    granted_at_ms INTEGER, -- ms; admission let it run; NULL: it has to ask
    requested_at_ms INTEGER, -- ms; since when it asks
    hand_stop TEXT CHECK (hand_stop IS NULL OR json_type(hand_stop) = 'object'), -- JSON; a stop by somebody's hand
    anonymous_volumes TEXT NOT NULL CHECK (json_type(anonymous_volumes) = 'array'), -- JSON; the image's own volumes, to be attached again
    remove_volumes INTEGER NOT NULL CHECK (remove_volumes IN (0, 1)), -- 1: the named volumes are to go as well
    created_at_ms INTEGER NOT NULL, -- ms
    PRIMARY KEY (project_id, environment)
) STRICT, WITHOUT ROWID;

-- Those who wait for a grant, few among many.
CREATE INDEX idx_environments_requested ON environments(requested_at_ms) WHERE requested_at_ms IS NOT NULL;

-- Not tied to environments: a hold outlives an environment that leaves the file and comes back.
CREATE TABLE holds (
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml; '': the whole project
    kind TEXT NOT NULL CHECK (kind IN ('suspend', 'down', 'rm', 'rebuilt')), -- suspend, down, rm, rebuilt
    held_by TEXT NOT NULL, -- who asked
    at_ms INTEGER NOT NULL, -- ms
    PRIMARY KEY (project_id, environment, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE conditions (
    project_id TEXT NOT NULL, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    type TEXT NOT NULL, -- Ready, Synced, Held, SpecValid
    status TEXT NOT NULL CHECK (status IN ('True', 'False', 'Unknown')), -- True, False, Unknown
    reason TEXT NOT NULL, -- one word of docs/reasons.md
    message TEXT NOT NULL, -- the same in a sentence
    observed_generation INTEGER NOT NULL, -- the generation that was looked at
    last_transition_at_ms INTEGER NOT NULL, -- ms; moves with status, reason or message
    position INTEGER NOT NULL, -- order in which they are shown
    PRIMARY KEY (project_id, environment, type),
    FOREIGN KEY (project_id, environment) REFERENCES environments(project_id, environment) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    at_ms INTEGER NOT NULL, -- ms; the last time
    first_at_ms INTEGER NOT NULL, -- ms; the first time
    count INTEGER NOT NULL DEFAULT 1, -- how many times
    type TEXT NOT NULL CHECK (type IN ('Normal', 'Warning')), -- Normal, Warning
    reason TEXT NOT NULL, -- one word of docs/reasons.md
    message TEXT NOT NULL, -- the same in a sentence
    project_id TEXT, -- projects.id; NULL: the whole instance
    environment TEXT -- name in mlenv.yaml; NULL: the whole project
) STRICT;

CREATE INDEX idx_events_same ON events(project_id, environment, type, reason, message, at_ms);
CREATE INDEX idx_events_place ON events(project_id, environment, at_ms);
CREATE INDEX idx_events_project ON events(project_id, at_ms);
CREATE INDEX idx_events_at ON events(at_ms);

CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    project_id TEXT NOT NULL, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml; '': the whole project
    effect TEXT NOT NULL, -- what was about to be done
    detail TEXT NOT NULL, -- more words
    at_ms INTEGER NOT NULL, -- ms; written before the effect
    result TEXT, -- written after the effect
    closed_at_ms INTEGER, -- ms; NULL: the effect is under way, or the process died in it
    CHECK ((result IS NULL) = (closed_at_ms IS NULL))
) STRICT;

CREATE INDEX idx_intents_unfinished ON intents(project_id, environment) WHERE closed_at_ms IS NULL;
CREATE INDEX idx_intents_project ON intents(project_id);

CREATE TABLE port_leases (
    project_id TEXT NOT NULL, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    container_port INTEGER NOT NULL CHECK (container_port BETWEEN 1 AND 65535), -- port inside
    protocol TEXT NOT NULL CHECK (protocol IN ('tcp', 'udp')), -- tcp, udp
    host_ip TEXT NOT NULL, -- address on the host
    host_port INTEGER NOT NULL CHECK (host_port BETWEEN 1 AND 65535), -- port on the host
    auto INTEGER NOT NULL CHECK (auto IN (0, 1)), -- 1: MLEnv chose the host's port
    PRIMARY KEY (host_ip, host_port, protocol),
    FOREIGN KEY (project_id, environment) REFERENCES environments(project_id, environment) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_port_leases_environment ON port_leases(project_id, environment);
CREATE INDEX idx_port_leases_port ON port_leases(host_port, protocol);

CREATE TABLE volumes (
    name TEXT PRIMARY KEY, -- the engine's name
    project_id TEXT NOT NULL, -- projects.id at its creation; the volume outlives the project
    intended_at_ms INTEGER NOT NULL, -- ms; before it was made
    seeded_at_ms INTEGER -- ms; when it was given to its user; NULL: not yet
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    key TEXT PRIMARY KEY, -- name
    value TEXT NOT NULL -- text
) STRICT, WITHOUT ROWID;
