-- The application id marks the file as ours ("DINR"); the user version is read from the file's header before anything
-- opens it, so that a newer file is refused untouched. Every migration sets the user version to its own number.
PRAGMA application_id = 1145654866;
PRAGMA user_version = 1;

-- One row: marks of this installation. `key_check` is a known text sealed with the installation key.
CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key_check TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

-- One row: the number of the stored configuration; 0 = nothing stored yet.
CREATE TABLE config_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT;
INSERT INTO config_state (id, revision) VALUES (1, 0);

-- The configuration document. `body` holds the members of the object itself, in the order they came; members that have
-- a column of their own (id, name, port) and members that have tables of their own stand in it as empty placeholders.
-- Foreign keys are deferred: a save deletes and inserts changed rows in any order, whole at its end.
CREATE TABLE config_objects (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT, WITHOUT ROWID;

CREATE TABLE ports (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE
        CHECK (length(name) BETWEEN 1 AND 63 AND lower(name) NOT IN ('internal', 'computed')),
    port TEXT COLLATE NOCASE REFERENCES ports (name) DEFERRABLE INITIALLY DEFERRED,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX devices_by_port ON devices (port);

CREATE TABLE tags (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES devices (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (parent, name)
) STRICT;

CREATE TABLE internal_registers (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE mqtt_connections (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE mqtt_publications (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES mqtt_connections (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (parent, name)
) STRICT;

CREATE TABLE mqtt_subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES mqtt_connections (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body)),
    UNIQUE (parent, name)
) STRICT;

CREATE TABLE broker_listeners (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE broker_users (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) > 0),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- Every stored configuration as a whole: compressed JSON with its secrets sealed.
CREATE TABLE revisions (
    number INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    document BLOB NOT NULL
) STRICT;

CREATE TABLE users (
    name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    password TEXT NOT NULL CHECK (password LIKE '$argon2id$%'),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    created_ms INTEGER NOT NULL,
    password_changed_ms INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    jti TEXT NOT NULL PRIMARY KEY,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name) ON DELETE CASCADE ON UPDATE CASCADE,
    epoch INTEGER NOT NULL,
    origin TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user);

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_by TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    used_ms INTEGER
) STRICT;

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    category TEXT NOT NULL,
    subject TEXT NOT NULL,
    result TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_category ON events (category, id);
-- The log is append-only; only age removes rows.
CREATE TRIGGER events_stand BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never edited');
END;

-- Last values of internal registers that are kept over a restart, by the id of the register.
CREATE TABLE kept_values (
    tag TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value)),
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
