-- Every start of a container up to its end, with what is kept of its log. Times are milliseconds since the epoch.

CREATE TABLE runs (
    project_id TEXT NOT NULL, -- projects.id; the project may be gone
    environment TEXT NOT NULL, -- name in mlenv.yaml
    run INTEGER NOT NULL CHECK (run >= 1), -- counted for each environment
    container_id TEXT NOT NULL, -- the engine's id; several runs share a container that was restarted in place
    generation INTEGER NOT NULL, -- of the environment, when the container was made
    revision TEXT NOT NULL, -- commit of the files that the container was made from; '': not in git
    started_at_ms INTEGER NOT NULL, -- ms; as the engine tells
    ended_at_ms INTEGER, -- ms; as the engine tells; NULL: it runs, or nobody saw its end
    exit_code INTEGER, -- NULL: it runs, or not known
    cause TEXT, -- why it ended, in one word; NULL: it runs
    log_state TEXT NOT NULL CHECK (log_state IN ('engine', 'kept', 'none')), -- engine: the container has it; kept: copied before the container was removed; none: log_note says why
    log_bytes INTEGER NOT NULL, -- of the copy
    log_note TEXT NOT NULL, -- what of the log is missing and why; '': nothing
    PRIMARY KEY (project_id, environment, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_runs_container ON runs(container_id);
CREATE INDEX idx_runs_ended ON runs(coalesce(ended_at_ms, started_at_ms));
CREATE INDEX idx_runs_kept ON runs(ended_at_ms) WHERE log_state = 'kept';
