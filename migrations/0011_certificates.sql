PRAGMA user_version = 11;

-- Certificates with their keys, as the document has them; the keys are sealed like every secret.
CREATE TABLE certificates (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
