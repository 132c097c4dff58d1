PRAGMA user_version = 13;

-- Retained messages of the embedded broker, so that they are there after a restart.
CREATE TABLE broker_retained (
    topic TEXT NOT NULL PRIMARY KEY,
    payload BLOB NOT NULL,
    qos INTEGER NOT NULL CHECK (qos BETWEEN 0 AND 2),
    -- MQTT client id of the publisher.
    client TEXT NOT NULL,
    -- Milliseconds since 1970-01-01 UTC; from a publisher of MQTT 5 that gave it an end.
    expires_ms INTEGER,
    -- Properties of MQTT 5, as JSON.
    properties TEXT
) STRICT, WITHOUT ROWID;
