-- An answer that has expired is asked for again with what its answerer called it.

ALTER TABLE api_cache ADD COLUMN etag TEXT; -- ETag as it came, quotes and all; NULL: there was none

ALTER TABLE catalogue_syncs ADD COLUMN unchanged INTEGER NOT NULL DEFAULT 0; -- answers that this pass asked for again and that had not changed
