PRAGMA user_version = 12;

-- Places also in the layouts of single devices and modules, whose first address is a setting.
CREATE TABLE places_of_points (
    tag TEXT NOT NULL,
    space TEXT NOT NULL CHECK (space IN ('bit', 'register', 'own-bit', 'own-register')),
    attribute TEXT NOT NULL,
    address INTEGER NOT NULL CHECK (address BETWEEN 0 AND 65535),
    count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 125 AND address + count <= 65536),
    PRIMARY KEY (tag, space, attribute)
) STRICT, WITHOUT ROWID;
INSERT INTO places_of_points SELECT tag, space, attribute, address, count FROM register_places;
DROP TABLE register_places;
ALTER TABLE places_of_points RENAME TO register_places;
