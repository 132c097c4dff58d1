PRAGMA user_version = 6;

-- Of relays: closings since the last reset, beside those in all.
ALTER TABLE kept_counts ADD COLUMN since_reset INTEGER NOT NULL DEFAULT 0;

-- In which boot of the host each I/O module was there last, by its id: power-on values are for the first run in a boot.
CREATE TABLE module_boots (
    module TEXT NOT NULL PRIMARY KEY,
    boot TEXT NOT NULL
) STRICT, WITHOUT ROWID;
