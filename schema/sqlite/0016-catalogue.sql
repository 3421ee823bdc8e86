-- The catalogue of images: where a row came from, what is compared and sorted by, and how far a sync is.

ALTER TABLE ngc_images ADD COLUMN origin TEXT NOT NULL DEFAULT 'hand' CHECK (origin IN ('hand', 'starter', 'import', 'sync')); -- hand, starter: came with MLEnv, import, sync
ALTER TABLE ngc_images ADD COLUMN seen_pass INTEGER NOT NULL DEFAULT 0; -- catalogue_syncs.pass that found it last; 0: none did
ALTER TABLE ngc_images ADD COLUMN tags_pass INTEGER NOT NULL DEFAULT 0; -- catalogue_syncs.pass that asked for its tags last
ALTER TABLE ngc_images ADD COLUMN problem TEXT; -- why its tags could not be read; NULL: they could, or were not asked for

ALTER TABLE image_versions ADD COLUMN cuda_full TEXT; -- cuda_version with all its parts, 12.4.1.003
ALTER TABLE image_versions ADD COLUMN min_driver TEXT; -- NVIDIA driver that the image was built for, 550.54.15; NULL: it does not say
ALTER TABLE image_versions ADD COLUMN architectures TEXT; -- amd64,arm64: all that the tag is there for; NULL: architecture alone
ALTER TABLE image_versions ADD COLUMN tag_order TEXT NOT NULL DEFAULT ''; -- numbers of the tag, padded, so that they sort as numbers; '': it has none
ALTER TABLE image_versions ADD COLUMN seen_pass INTEGER NOT NULL DEFAULT 0; -- catalogue_syncs.pass that found it last; 0: none did
ALTER TABLE image_versions ADD COLUMN checked_pass INTEGER NOT NULL DEFAULT 0; -- catalogue_syncs.pass that asked what is in it last
ALTER TABLE image_versions ADD COLUMN checked_at_ms INTEGER; -- ms; when the registry was asked what is in it; NULL: never
ALTER TABLE image_versions ADD COLUMN problem TEXT; -- why what is in it is not known; NULL: it is known, or was not asked for
ALTER TABLE image_versions ADD COLUMN cuda_order INTEGER; -- cuda_version as a number: 12.4 is 12004
ALTER TABLE image_versions ADD COLUMN python_order INTEGER; -- python_version as a number: 3.10 is 3010

-- A search reads this alone: rows hold whole manifests.
CREATE INDEX idx_versions_find ON image_versions(image_id, tag_order DESC, tag, cuda_order, python_order, architectures, architecture, is_cached);
-- Most images have no version of the CUDA that is asked for: one look tells.
CREATE INDEX idx_versions_within ON image_versions(image_id, cuda_order, python_order);
-- What an engine has is looked up here, and not the other way about.
CREATE INDEX idx_versions_digest ON image_versions(digest);
CREATE INDEX idx_versions_cached ON image_versions(id) WHERE is_cached = 1;
CREATE INDEX idx_images_tags_due ON ngc_images(seen_pass, tags_pass);
CREATE INDEX idx_versions_due ON image_versions(seen_pass, checked_pass, tag_order DESC);

-- Kept here and not generated: an index over generated columns does not cover a search.
CREATE TRIGGER version_ordered AFTER INSERT ON image_versions
WHEN new.cuda_version IS NOT NULL OR new.python_version IS NOT NULL
BEGIN
    UPDATE image_versions SET
        cuda_order = CAST(new.cuda_version AS INTEGER) * 1000 + CAST(substr(new.cuda_version, instr(new.cuda_version || '.', '.') + 1) AS INTEGER),
        python_order = CAST(new.python_version AS INTEGER) * 1000 + CAST(substr(new.python_version, instr(new.python_version || '.', '.') + 1) AS INTEGER)
    WHERE id = new.id;
END;

CREATE TRIGGER version_reordered AFTER UPDATE OF cuda_version, python_version ON image_versions
WHEN (new.cuda_version, new.python_version) IS NOT (old.cuda_version, old.python_version)
BEGIN
    UPDATE image_versions SET
        cuda_order = CAST(new.cuda_version AS INTEGER) * 1000 + CAST(substr(new.cuda_version, instr(new.cuda_version || '.', '.') + 1) AS INTEGER),
        python_order = CAST(new.python_version AS INTEGER) * 1000 + CAST(substr(new.python_version, instr(new.python_version || '.', '.') + 1) AS INTEGER)
    WHERE id = new.id;
END;

CREATE TABLE catalogue_syncs (
    scope TEXT PRIMARY KEY, -- what is read: nvidia, or nvidia/pytorch for the images of that name alone
    pass INTEGER NOT NULL, -- number of the last pass; of all scopes no two are the same
    asked_by TEXT NOT NULL, -- login name of who asked for it
    started_at_ms INTEGER NOT NULL, -- ms; when the pass began
    searched TEXT NOT NULL DEFAULT 'no' CHECK (searched IN ('no', 'whole', 'part')), -- no, whole, part: the search was read to its end, and what it said of itself did not add up, so that no image is taken away
    finished_at_ms INTEGER, -- ms; when the pass was complete; NULL: it is not
    complete_at_ms INTEGER, -- ms; when the last complete pass ended; NULL: none did yet
    retired INTEGER NOT NULL DEFAULT 0, -- rows that the last complete pass took away
    failure TEXT NOT NULL DEFAULT '' -- why the pass stands still; '': it does not
) STRICT, WITHOUT ROWID;

-- An engine does not tell when an image was used last.
CREATE TABLE engine_images (
    id TEXT PRIMARY KEY, -- sha256:… of the engine's image
    seen_at_ms INTEGER NOT NULL, -- ms; since when it is known to be there
    used_at_ms INTEGER -- ms; when a container of it was seen last, whosever it is; NULL: never
) STRICT, WITHOUT ROWID;
