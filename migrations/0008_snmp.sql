PRAGMA user_version = 8;

-- The agent for network managers, as the document has it.
CREATE TABLE snmp_communities (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE snmp_users (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE snmp_views (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE snmp_receivers (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE snmp_rules (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT NOT NULL REFERENCES config_objects (id) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 63),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- One row: who the agent is for SNMPv3, and how often it was started. Both outlive restarts, or managers refuse it.
CREATE TABLE snmp_engine (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    engine BLOB NOT NULL CHECK (length(engine) BETWEEN 5 AND 32),
    boots INTEGER NOT NULL CHECK (boots BETWEEN 1 AND 2147483647)
) STRICT;

-- The row numbers of objects in the agent's tables, by the ids of the objects. A number is never given to another object:
-- managers store it.
CREATE TABLE snmp_indexes (
    realm TEXT NOT NULL,
    object TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 2147483647),
    PRIMARY KEY (realm, object),
    UNIQUE (realm, number)
) STRICT, WITHOUT ROWID;
