PRAGMA user_version = 2;

-- How many events are kept of each share. What was refused is a share of its own in each category: whoever floods the log
-- with refusals, or one category with anything, pushes out nothing else.
CREATE TABLE event_shares (
    category TEXT NOT NULL,
    refused INTEGER NOT NULL CHECK (refused IN (0, 1)),
    kept INTEGER NOT NULL,
    PRIMARY KEY (category, refused)
) STRICT, WITHOUT ROWID;
INSERT INTO event_shares (category, refused, kept)
    SELECT category, result = 'refused', count(*) FROM events GROUP BY 1, 2;
CREATE INDEX events_by_share ON events (category, (result = 'refused'), id);
CREATE TRIGGER events_come AFTER INSERT ON events
BEGIN
    INSERT INTO event_shares (category, refused, kept) VALUES (NEW.category, NEW.result = 'refused', 1)
        ON CONFLICT DO UPDATE SET kept = kept + 1;
END;
CREATE TRIGGER events_go AFTER DELETE ON events
BEGIN
    UPDATE event_shares SET kept = kept - 1 WHERE category = OLD.category AND refused = (OLD.result = 'refused');
END;
