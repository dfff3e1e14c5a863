-- Brings a journal of the first version to the names of 0001_journal.sql.
ALTER TABLE runs RENAME TO journal_runs;
ALTER TABLE events RENAME TO journal_events;
ALTER TABLE journal_events ADD COLUMN chain TEXT;
DROP INDEX runs_of_session;
CREATE INDEX journal_runs_of_session ON journal_runs (session);
CREATE TABLE journal_leases (
    session TEXT PRIMARY KEY,
    holder  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
DROP TABLE _sqlx_migrations;
