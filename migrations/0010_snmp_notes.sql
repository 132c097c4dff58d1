PRAGMA user_version = 10;

-- Notifications that wait for receivers of the agent that were away: `receiver` is the id of one, `serial` their order.
-- What has waited for a moment comes here, and leaves when it is delivered.
CREATE TABLE snmp_notes (
    receiver TEXT NOT NULL,
    serial INTEGER NOT NULL CHECK (0 < serial),
    body TEXT NOT NULL CHECK (json_valid(body)),
    PRIMARY KEY (receiver, serial)
) STRICT, WITHOUT ROWID;
