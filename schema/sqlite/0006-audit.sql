-- The audit log is asked by person and by project, also when the project is long gone.

ALTER TABLE audit_log ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused')); -- done, refused
ALTER TABLE audit_log ADD COLUMN asked_by TEXT; -- login name of who asked; file: it came by mlenv.yaml
ALTER TABLE audit_log ADD COLUMN project_id TEXT; -- projects.id; NULL: the host
ALTER TABLE audit_log ADD COLUMN project TEXT; -- the project's name then
ALTER TABLE audit_log ADD COLUMN owner_uid INTEGER; -- Unix uid of the project's owner then, who may read the row

UPDATE audit_log SET asked_by = json_extract(details, '$.by') WHERE json_valid(details);

CREATE INDEX idx_audit_user ON audit_log(user_id, id);
CREATE INDEX idx_audit_owner ON audit_log(owner_uid, id);
CREATE INDEX idx_audit_project ON audit_log(project_id, id);
