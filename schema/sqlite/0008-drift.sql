-- What hands do to containers, where a project wants it reported and not repaired; and who removed an
-- environment from its file.

ALTER TABLE projects ADD COLUMN drift_policy TEXT NOT NULL DEFAULT 'repair' -- driftPolicy of its file, as it was last read
    CHECK (drift_policy IN ('repair', 'report'));
ALTER TABLE environments ADD COLUMN removing_id TEXT; -- the container that MLEnv itself last began to remove; NULL: none
ALTER TABLE environments ADD COLUMN hand_removed_at_ms INTEGER; -- ms; its container was found removed by a hand, and that is only reported; NULL: no
ALTER TABLE environments ADD COLUMN repair_requested_at_ms INTEGER; -- ms; mlenv up asked for the repair of what is reported; NULL: nobody did
ALTER TABLE environments ADD COLUMN vanished_by TEXT; -- JSON: commit and author that removed it from the file; NULL: not in git, or it is there
