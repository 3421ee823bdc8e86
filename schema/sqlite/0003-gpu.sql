-- The pool of cards. The document's gpu_allocations stays as it is for a hand; what MLEnv needs beside it is added.

ALTER TABLE environments ADD COLUMN granted_generation INTEGER; -- the generation that admission let run; NULL: none
ALTER TABLE environments ADD COLUMN granted_cpus REAL; -- cores that were granted; NULL: no limit
ALTER TABLE environments ADD COLUMN granted_memory_bytes INTEGER; -- bytes that were granted; NULL: no limit

-- What was granted before there were generations of grants is what its container has.
UPDATE environments SET
    granted_generation = generation,
    granted_cpus = (SELECT c.cpu_limit FROM container_instances c
        WHERE c.container_id = environments.container_id),
    granted_memory_bytes = (SELECT CAST(c.memory_limit_gb * 1073741824 AS INTEGER) FROM container_instances c
        WHERE c.container_id = environments.container_id)
WHERE granted_at_ms IS NOT NULL;

CREATE TABLE gpus (
    uuid TEXT PRIMARY KEY, -- the card's own name, which never changes
    gpu_id INTEGER, -- its index now, as nvidia-smi counts; NULL: it is not there
    model TEXT NOT NULL, -- as nvidia-smi names it
    memory_mb INTEGER, -- units of 2^20 bytes; NULL: it does not tell
    seen_at_ms INTEGER NOT NULL -- ms; when this row was last different
) STRICT, WITHOUT ROWID;

CREATE TABLE gpu_cordons (
    uuid TEXT PRIMARY KEY, -- gpus.uuid
    held_by TEXT NOT NULL, -- who asked
    why TEXT NOT NULL, -- in their words
    at_ms INTEGER NOT NULL -- ms
) STRICT, WITHOUT ROWID;

ALTER TABLE gpu_allocations ADD COLUMN uuid TEXT; -- gpus.uuid; filled in from gpu_id where it is left out
ALTER TABLE gpu_allocations ADD COLUMN mig_uuid TEXT; -- the slice of the card; NULL: the whole card
ALTER TABLE gpu_allocations ADD COLUMN sharing TEXT NOT NULL DEFAULT 'exclusive' CHECK (sharing IN ('exclusive', 'shared')); -- exclusive, shared
ALTER TABLE gpu_allocations ADD COLUMN kind TEXT NOT NULL DEFAULT 'lease' CHECK (kind IN ('lease', 'foreign', 'cordoned', 'unhealthy', 'excluded', 'mig')); -- lease: given to somebody; else why it is not to be given
ALTER TABLE gpu_allocations ADD COLUMN project_id TEXT; -- projects.id; NULL: written by hand
ALTER TABLE gpu_allocations ADD COLUMN environment TEXT; -- name in mlenv.yaml; NULL: written by hand
ALTER TABLE gpu_allocations ADD COLUMN is_current INTEGER NOT NULL DEFAULT 1 CHECK (is_current IN (0, 1)); -- 0: no longer granted, but its container was not yet seen to be gone

CREATE INDEX idx_gpu_allocations_environment ON gpu_allocations(project_id, environment);

-- One card, one exclusive hand: the database itself says so, whoever writes.
CREATE UNIQUE INDEX idx_gpu_allocations_exclusive ON gpu_allocations(coalesce(mig_uuid, uuid))
WHERE kind = 'lease' AND sharing = 'exclusive';

CREATE TRIGGER gpu_uuid_filled AFTER INSERT ON gpu_allocations
WHEN NEW.uuid IS NULL
BEGIN
    UPDATE gpu_allocations SET uuid = coalesce((SELECT uuid FROM gpus WHERE gpu_id = NEW.gpu_id), 'index:' || NEW.gpu_id)
    WHERE id = NEW.id;
END;

CREATE TRIGGER gpu_hand_refused BEFORE INSERT ON gpu_allocations
WHEN NEW.kind = 'lease' AND EXISTS (
    SELECT 1 FROM gpu_allocations held
    WHERE held.kind = 'lease'
        AND held.uuid = coalesce(NEW.uuid, (SELECT uuid FROM gpus WHERE gpu_id = NEW.gpu_id), 'index:' || NEW.gpu_id)
        AND (
            -- the whole card and a slice of it
            (held.mig_uuid IS NULL) <> (NEW.mig_uuid IS NULL)
            OR (coalesce(held.mig_uuid, '') = coalesce(NEW.mig_uuid, '')
                AND (held.sharing = 'exclusive' OR NEW.sharing = 'exclusive'))
        )
)
BEGIN
    SELECT RAISE(ABORT, 'gpu taken: it is in another hand');
END;

CREATE VIEW v_free_gpus AS
SELECT gpu_id, uuid, model, memory_mb
FROM gpus
WHERE gpu_id IS NOT NULL
    AND gpu_id NOT IN (SELECT gpu_id FROM gpu_allocations)
    AND uuid NOT IN (SELECT uuid FROM gpu_allocations WHERE uuid IS NOT NULL)
ORDER BY gpu_id;
