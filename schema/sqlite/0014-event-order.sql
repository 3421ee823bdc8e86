-- Who follows events sees a count grow: rows are read in the order in which they changed last.

ALTER TABLE events ADD COLUMN seq INTEGER NOT NULL DEFAULT 0; -- order in which rows were written or counted last
UPDATE events SET seq = id;

CREATE INDEX idx_events_seq ON events(seq);
