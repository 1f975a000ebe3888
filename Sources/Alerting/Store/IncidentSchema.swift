/// What the event machine knows about an incident beside its scores: zones, object tracks, the chain of rollovers.
enum IncidentSchema {
    static let migration = "7 incidents"

    static let sql = """
        -- The event that reached the maximum duration and went on as this one; it may be gone by now.
        ALTER TABLE event ADD COLUMN continues TEXT CHECK (length(continues) = 36);
        CREATE INDEX event_by_continues ON event (continues) WHERE continues IS NOT NULL;

        -- The object's number among those of its camera in one run of the daemon; NULL where no object was seen.
        ALTER TABLE observation ADD COLUMN object_track INTEGER;

        CREATE TABLE event_zone (
            zone     TEXT    NOT NULL CHECK (length(zone) > 0),
            start_ms INTEGER NOT NULL,                -- of the event, as its id
            id       TEXT    NOT NULL,
            event    INTEGER NOT NULL REFERENCES event (number) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),    -- in the order of the settings
            PRIMARY KEY (zone, start_ms, id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX event_zone_by_event ON event_zone (event, position);
        """
}
