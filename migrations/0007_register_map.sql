PRAGMA user_version = 7;

-- Where the points of a tag lie in the automatic register map, by the id of the tag: a place once given is kept.
CREATE TABLE register_places (
    tag TEXT NOT NULL,
    space TEXT NOT NULL CHECK (space IN ('bit', 'register')),
    attribute TEXT NOT NULL,
    address INTEGER NOT NULL CHECK (address BETWEEN 0 AND 65535),
    count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 125 AND address + count <= 65536),
    PRIMARY KEY (tag, space, attribute)
) STRICT, WITHOUT ROWID;
