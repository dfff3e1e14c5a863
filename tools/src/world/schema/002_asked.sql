-- What was asked for under the key: a digest of the arguments, where whoever asked has one.
ALTER TABLE effects ADD COLUMN asked TEXT;

PRAGMA user_version = 2;
