PRAGMA user_version = 4;

-- I/O modules and their channels, as the document has them.
CREATE TABLE modules (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE
        CHECK (length(name) BETWEEN 1 AND 63 AND lower(name) NOT IN ('internal', 'computed')),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE channels (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES modules (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (parent, name)
) STRICT;

-- Counts of channels that survive a restart and a power loss, by the id of the channel.
CREATE TABLE kept_counts (
    channel TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
