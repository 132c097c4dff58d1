PRAGMA user_version = 9;

-- At most one row: the stored configuration is on trial. Unless somebody keeps it in time, the one before it returns.
CREATE TABLE confirmation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- The revision on trial, and the one that returns; 0 = none was stored before.
    revision INTEGER NOT NULL CHECK (revision > 0),
    before INTEGER NOT NULL CHECK (before >= 0 AND before < revision),
    -- By the host's clock, which may be wrong after a power loss; the seconds bound the wait whatever it says.
    deadline_ms INTEGER NOT NULL,
    seconds INTEGER NOT NULL CHECK (seconds > 0),
    author TEXT NOT NULL
) STRICT;
