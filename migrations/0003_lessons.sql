PRAGMA user_version = 3;

-- What reading a device taught about it, by the id of the device. It holds for what stood at `belongs` when it was learnt.
CREATE TABLE device_lessons (
    device TEXT NOT NULL PRIMARY KEY,
    belongs TEXT NOT NULL,
    lessons TEXT NOT NULL CHECK (json_valid(lessons)),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
