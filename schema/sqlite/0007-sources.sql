-- Where a project's files come from, and what was deployed when.

ALTER TABLE projects ADD COLUMN source TEXT; -- sources.name; NULL: the folder itself is what people edit or pull
ALTER TABLE projects ADD COLUMN tree TEXT; -- folder with the files of its revision; NULL: its own
ALTER TABLE projects ADD COLUMN branch TEXT; -- NULL: none, or the folder is not in git
ALTER TABLE projects ADD COLUMN commit_author TEXT; -- who wrote the revision; NULL: not in git
ALTER TABLE projects ADD COLUMN commit_subject TEXT; -- first line of its message; NULL: not in git
ALTER TABLE projects ADD COLUMN commit_at_ms INTEGER; -- ms, by the committer's clock; NULL: not in git

CREATE TABLE sources (
    name TEXT PRIMARY KEY, -- as the host's configuration names it
    newest TEXT, -- the newest commit that is known; NULL: none yet
    waiting TEXT, -- a commit that is no successor of the one before and waits for mlenv confirm; NULL: none
    pinned TEXT, -- the commit that a person chose; NULL: the newest
    failure TEXT NOT NULL, -- what the last look said that failed; '': it is well
    failures INTEGER NOT NULL, -- in a row
    checked_at_ms INTEGER -- ms; the last look that went well; NULL: none yet
) STRICT, WITHOUT ROWID;

CREATE TABLE generations (
    project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    generation INTEGER NOT NULL, -- environments.generation
    digest TEXT NOT NULL, -- hash of what the user wrote
    revision TEXT NOT NULL, -- commit of the project's files then; '': not in git
    author TEXT NOT NULL, -- of that commit; ''
    subject TEXT NOT NULL, -- first line of its message; ''
    at_ms INTEGER NOT NULL, -- ms; when it was first seen
    outcome TEXT NOT NULL, -- the last reason that it had while it was the newest
    PRIMARY KEY (project_id, environment, generation)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER generation_ended AFTER UPDATE OF reason ON environments
WHEN NEW.reason <> OLD.reason
BEGIN
    UPDATE generations SET outcome = NEW.reason
    WHERE project_id = NEW.project_id AND environment = NEW.environment AND generation = NEW.generation;
END;

-- What is there now begins the history.
INSERT INTO generations
SELECT e.project_id, e.environment, e.generation, e.digest, p.revision, '', '', e.created_at_ms, e.reason
FROM environments e JOIN projects p ON p.id = e.project_id;
