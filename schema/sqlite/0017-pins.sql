-- Which image each environment's choice came to, now and in its history. Times are milliseconds since the epoch.

CREATE TABLE image_pins (
    project_id TEXT NOT NULL, -- projects.id
    environment TEXT NOT NULL, -- name in mlenv.yaml
    choice TEXT NOT NULL, -- what the file asks for, in one form: pytorch@24.05; '': found on a container when the record was rebuilt
    reference TEXT NOT NULL, -- nvcr.io/nvidia/pytorch:24.05-py3
    digest TEXT NOT NULL CHECK (digest LIKE 'sha256:%'), -- what the reference named then: what is pulled and run
    source TEXT NOT NULL CHECK (source IN ('catalogue', 'registry', 'lock', 'container')), -- who said the digest: the catalogue, the registry, mlenv.lock, a container that was there
    generation INTEGER NOT NULL, -- of the environment, when it was chosen
    made INTEGER NOT NULL DEFAULT 0 CHECK (made IN (0, 1)), -- 1: a container was made of it, so that pull: always looks again before the next
    at_ms INTEGER NOT NULL, -- ms; when it was chosen
    PRIMARY KEY (project_id, environment),
    FOREIGN KEY (project_id, environment) REFERENCES environments(project_id, environment) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

ALTER TABLE generations ADD COLUMN image TEXT NOT NULL DEFAULT ''; -- the image by its digest that it came to; '': its file names one itself, or none is found yet
