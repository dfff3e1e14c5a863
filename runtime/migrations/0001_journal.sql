-- One row an event. (run, seq) is the position in the run: two writers cannot take the same one.
CREATE TABLE runs (
    run     TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    message TEXT NOT NULL,
    started TEXT NOT NULL
) STRICT;

CREATE INDEX runs_of_session ON runs (session);

CREATE TABLE events (
    run   TEXT    NOT NULL REFERENCES runs (run),
    seq   INTEGER NOT NULL,
    event TEXT    NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
