-- What is told to receivers outside: what fails now, and an outbox of what has to be told and was.

CREATE TABLE troubles (
    subject TEXT NOT NULL, -- environment:<project id>/<name>, project:<id>, source:<name>, host:engine or host:configuration
    kind TEXT NOT NULL CHECK (kind IN ('failure', 'pending')), -- failure, pending: a person has to decide
    project TEXT NOT NULL, -- the project's name then, or the source's or the host's
    environment TEXT, -- name in mlenv.yaml; NULL: the project, source or host itself
    owner TEXT NOT NULL, -- login name of the project's owner then, or the uid
    revision TEXT NOT NULL, -- commit of the project's files then; '': not in git
    reason TEXT NOT NULL, -- as in status
    message TEXT NOT NULL, -- as in status, without values of its variables
    likeness TEXT NOT NULL, -- the message without numbers: alike is the same failure
    opened_at_ms INTEGER NOT NULL, -- ms; when it began
    changed_at_ms INTEGER NOT NULL, -- ms; since when it is this reason
    well_at_ms INTEGER, -- ms; since when it is well again; NULL: it is not
    well_reason TEXT, -- what became of it; NULL: it is not well
    well_message TEXT NOT NULL, -- ''
    PRIMARY KEY (subject, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the same in every try
    receiver TEXT NOT NULL, -- as the host's configuration names it
    event TEXT NOT NULL CHECK (event IN ('failure', 'recovery', 'pending')), -- failure, recovery, pending
    subject TEXT NOT NULL, -- troubles.subject
    project TEXT NOT NULL, -- the project's name then, or the source's or the host's
    environment TEXT, -- name in mlenv.yaml; NULL: the project, source or host itself
    owner TEXT NOT NULL, -- login name of the project's owner then, or the uid
    revision TEXT NOT NULL, -- commit of the project's files then; '': not in git
    reason TEXT NOT NULL, -- as in status
    message TEXT NOT NULL, -- as it is told
    likeness TEXT NOT NULL, -- troubles.likeness
    opened_at_ms INTEGER NOT NULL, -- troubles.opened_at_ms
    at_ms INTEGER NOT NULL, -- ms; when it was decided
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')), -- pending, sent, failed: given up
    attempts INTEGER NOT NULL, -- how often it was tried
    next_try_at_ms INTEGER NOT NULL, -- ms
    error TEXT NOT NULL, -- what the last try said; '': none failed
    settled_at_ms INTEGER -- ms; when it was sent or given up; NULL: neither
) STRICT;

CREATE INDEX idx_notices_pending ON notices(receiver, id) WHERE state = 'pending';
CREATE INDEX idx_notices_subject ON notices(subject, opened_at_ms);
CREATE INDEX idx_notices_at ON notices(at_ms);
CREATE INDEX idx_notices_settled ON notices(settled_at_ms);
