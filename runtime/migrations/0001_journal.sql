-- One row an event. (run, seq) is the position in the run: two writers cannot take the same one.
-- The names leave room for a world in the same file.
CREATE TABLE journal_runs (
    run     TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    message TEXT NOT NULL,
    started TEXT NOT NULL
) STRICT;

CREATE INDEX journal_runs_of_session ON journal_runs (session);

-- chain is the SHA-256 over the chain of the event before and this event's text, in hex.
CREATE TABLE journal_events (
    run   TEXT    NOT NULL REFERENCES journal_runs (run),
    seq   INTEGER NOT NULL,
    event TEXT    NOT NULL,
    chain TEXT,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

-- Who may write a session. A holder is named by a file it keeps locked while it lives.
CREATE TABLE journal_leases (
    session TEXT PRIMARY KEY,
    holder  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
