-- The document to the letter: indexes of GPUs where it says so, a team that may be missing, answers by their path.

CREATE TABLE ngc_images_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- row number, never used again
    name TEXT NOT NULL, -- image without organisation and team
    display_name TEXT, -- title in the catalogue
    organization TEXT NOT NULL, -- first part of the path in the registry
    team TEXT, -- second part of the path; NULL: there is none
    category TEXT, -- pytorch, tensorflow, rapids, …
    description TEXT, -- text of the catalogue
    created_at DATETIME CHECK (created_at IS datetime(created_at)), -- UTC; as the catalogue says
    updated_at DATETIME CHECK (updated_at IS datetime(updated_at)), -- UTC; as the catalogue says
    last_synced DATETIME DEFAULT CURRENT_TIMESTAMP CHECK (last_synced IS datetime(last_synced)), -- UTC; when this row was last read from the catalogue
    origin TEXT NOT NULL DEFAULT 'hand' CHECK (origin IN ('hand', 'starter', 'import', 'sync')), -- hand, starter: came with MLEnv, import, sync
    seen_pass INTEGER NOT NULL DEFAULT 0, -- catalogue_syncs.pass that found it last; 0: none did
    tags_pass INTEGER NOT NULL DEFAULT 0, -- catalogue_syncs.pass that asked for its tags last
    problem TEXT, -- why its tags could not be read; NULL: they could, or were not asked for
    UNIQUE(organization, team, name)
);

INSERT INTO ngc_images_new (id, name, display_name, organization, team, category, description, created_at, updated_at, last_synced, origin, seen_pass, tags_pass, problem)
SELECT id, name, display_name, organization, nullif(team, ''), category, description, created_at, updated_at, last_synced, origin, seen_pass, tags_pass, problem
FROM ngc_images;

-- No number is used again, those of rows that are gone among them.
DELETE FROM sqlite_sequence WHERE name = 'ngc_images_new';
INSERT INTO sqlite_sequence (name, seq) SELECT 'ngc_images_new', seq FROM sqlite_sequence WHERE name = 'ngc_images';

DROP TABLE ngc_images;
ALTER TABLE ngc_images_new RENAME TO ngc_images;

CREATE INDEX idx_images_category ON ngc_images(category);
CREATE INDEX idx_images_org ON ngc_images(organization);
CREATE INDEX idx_images_name ON ngc_images(name);
CREATE INDEX idx_images_tags_due ON ngc_images(seen_pass, tags_pass);
-- NULLs are never equal in UNIQUE.
CREATE UNIQUE INDEX idx_images_repository ON ngc_images(organization, coalesce(team, ''), name);

ALTER TABLE container_instances ADD COLUMN gpu_uuids TEXT CHECK (gpu_uuids IS NULL OR json_type(gpu_uuids) = 'array'); -- JSON array of strings: gpus.uuid of each entry of gpu_devices, of a MIG slice its GPU's; NULL: written by hand
ALTER TABLE container_instances ADD COLUMN mig_uuids TEXT CHECK (mig_uuids IS NULL OR json_type(mig_uuids) = 'array'); -- JSON array, one entry for each of gpu_uuids: the slice of it, or null where it is whole; NULL: it has no slice

-- Whose slice it is.
CREATE INDEX idx_gpu_allocations_slice ON gpu_allocations(mig_uuid) WHERE mig_uuid IS NOT NULL;

-- What had uuids in gpu_devices. The GPU of a slice is known from whoever has a lease on it.
UPDATE container_instances SET
    mig_uuids = (SELECT CASE WHEN count(iif(d.value LIKE 'MIG-%', 1, NULL)) > 0
            THEN json_group_array(iif(d.value LIKE 'MIG-%', d.value, NULL)) END
        FROM json_each(container_instances.gpu_devices) d),
    gpu_uuids = (SELECT json_group_array(coalesce((SELECT l.uuid FROM gpu_allocations l WHERE l.mig_uuid = d.value LIMIT 1), d.value))
        FROM json_each(container_instances.gpu_devices) d)
WHERE gpu_devices LIKE '%"GPU-%' OR gpu_devices LIKE '%"MIG-%';

UPDATE container_instances SET
    gpu_devices = (SELECT json_group_array(device) FROM (
            SELECT coalesce(CAST(g.gpu_id AS TEXT), u.value) AS device
            FROM json_each(container_instances.gpu_uuids) u LEFT JOIN gpus g ON g.uuid = u.value
            ORDER BY g.gpu_id IS NULL, g.gpu_id, u.key))
WHERE gpu_uuids IS NOT NULL;

UPDATE container_instances SET gpu_uuids = '[]' WHERE gpu_devices = '[]' AND project_id IS NOT NULL;

-- Indexes move when a GPU dies or comes: whatever is not history follows. A GPU that is not there has none, so that
-- its uuid stands in its place.
CREATE TRIGGER gpu_index_known AFTER INSERT ON gpus
BEGIN
    UPDATE container_instances SET
        gpu_devices = (SELECT json_group_array(device) FROM (
            SELECT coalesce(CAST(g.gpu_id AS TEXT), u.value) AS device
            FROM json_each(container_instances.gpu_uuids) u LEFT JOIN gpus g ON g.uuid = u.value
            ORDER BY g.gpu_id IS NULL, g.gpu_id, u.key))
    WHERE status <> 'deleted' AND instr(gpu_uuids, '"' || NEW.uuid || '"') > 0;
END;

CREATE TRIGGER gpu_index_moved AFTER UPDATE OF gpu_id ON gpus
WHEN NEW.gpu_id IS NOT OLD.gpu_id
BEGIN
    UPDATE container_instances SET
        gpu_devices = (SELECT json_group_array(device) FROM (
            SELECT coalesce(CAST(g.gpu_id AS TEXT), u.value) AS device
            FROM json_each(container_instances.gpu_uuids) u LEFT JOIN gpus g ON g.uuid = u.value
            ORDER BY g.gpu_id IS NULL, g.gpu_id, u.key))
    WHERE status <> 'deleted' AND instr(gpu_uuids, '"' || NEW.uuid || '"') > 0;
END;

ALTER TABLE api_cache ADD COLUMN origin TEXT; -- who answered, https://api.ngc.nvidia.com; NULL: written by hand, and good for any

-- https://host/path becomes the path.
UPDATE OR REPLACE api_cache SET
    origin = substr(endpoint, 1, instr(endpoint, '://') + 1 + instr(substr(endpoint, instr(endpoint, '://') + 3), '/')),
    endpoint = substr(endpoint, instr(endpoint, '://') + 2 + instr(substr(endpoint, instr(endpoint, '://') + 3), '/'))
WHERE instr(endpoint, '://') > 0 AND instr(substr(endpoint, instr(endpoint, '://') + 3), '/') > 0;
