/// Migration 8: what keeping a history for years needs.
enum KeepingSchema {
    /// The wall clock's epochs, and the kinds of camera events that concern the box itself.
    ///
    /// SQLite cannot change a CHECK: `camera_event` is built anew under another name and takes the old one's place. The
    /// migrator has foreign keys switched off meanwhile and checks them before it commits, so the rows that refer to it
    /// by name neither go nor change.
    static let tables = """
        CREATE TABLE epoch (
            number       INTEGER PRIMARY KEY,
            run          INTEGER NOT NULL REFERENCES run (number),
            reason       TEXT    NOT NULL CHECK (reason IN ('start', 'step')),
            wall_ms      INTEGER NOT NULL,         -- the wall clock when it began
            monotonic_ns INTEGER NOT NULL,         -- the clock that nobody sets, at the same moment
            step_ms      INTEGER NOT NULL          -- how far the wall clock was set forward; negative: back; 0 at a start
        ) STRICT;

        -- Numbers that must outlive the rows that they came from.
        CREATE TABLE keeping (
            name  TEXT    PRIMARY KEY CHECK (name IN ('revision')),
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Whose wall clock an event's times are of; NULL in events from before.
        ALTER TABLE event ADD COLUMN epoch INTEGER REFERENCES epoch (number);

        CREATE TABLE new_camera_event (
            number       INTEGER PRIMARY KEY,
            id           TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),    -- UUIDv7, lower case
            run          INTEGER NOT NULL REFERENCES run (number),           -- the start that opened it
            revision     INTEGER NOT NULL UNIQUE,    -- counted together with that of event
            camera       TEXT    NOT NULL,           -- or (box)
            kind         TEXT    NOT NULL CHECK (kind IN ('lost', 'refused', 'no-video', 'damaged', 'frozen', 'dark',
                'obstructed', 'sprayed', 'defocused', 'scene-changed', 'disk-full', 'clock-stepped', 'history-damaged')),
            state        TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'interrupted')),
            reason       TEXT    CHECK ((reason IS NULL) = (state = 'open')),
            start_ms     INTEGER NOT NULL,
            last_seen_ms INTEGER NOT NULL CHECK (last_seen_ms >= start_ms),
            end_ms       INTEGER CHECK (end_ms >= last_seen_ms),    -- NULL: open, or nobody saw
            detail       TEXT    NOT NULL,           -- what was reported, without credentials
            epoch        INTEGER REFERENCES epoch (number)
        ) STRICT;

        INSERT INTO new_camera_event (
            number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, detail)
        SELECT number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, detail
        FROM camera_event;

        DROP TABLE camera_event;
        ALTER TABLE new_camera_event RENAME TO camera_event;

        CREATE INDEX camera_event_by_time ON camera_event (start_ms, id);
        CREATE INDEX camera_event_by_camera ON camera_event (camera, start_ms, id);
        CREATE INDEX camera_event_open ON camera_event (start_ms, id) WHERE state = 'open';
        """
}
