package import GRDB

/// The tables of the event database. Migrations are append-only: never change one that was released.
package enum StoreSchema {
    /// "MonE": tells our files from other SQLite databases.
    static let applicationID: Int32 = 0x4D6F_6E45

    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 events") { db in
            try db.execute(sql: firstTables)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("2 masks") { db in try db.execute(sql: maskColumns) }
        migrator.registerMigration("3 acks") { db in try db.execute(sql: ackTable) }
        migrator.registerMigration("4 levels") { db in try db.execute(sql: levelColumns) }
        migrator.registerMigration("5 camera events") { db in try db.execute(sql: cameraTables) }
        migrator.registerMigration("6 streams") { db in try db.execute(sql: streamColumn) }
        migrator.registerMigration(IncidentSchema.migration) { db in try db.execute(sql: IncidentSchema.sql) }
        migrator.registerMigration("8 keeping") { db in try db.execute(sql: KeepingSchema.tables) }
        migrator.registerMigration(HistorySchema.migration) { db in try HistorySchema.migrate(db) }
        migrator.registerMigration("10 outbox", migrate: addOutbox)
        return migrator
    }

    /// What differs from the tables that this version makes, one line each; empty when nothing does.
    static func drift(_ db: Database) throws -> [String] {
        let expected = try DatabaseQueue()
        try migrator.migrate(expected)
        let (found, wanted) = (Set(try text(db)), Set(try expected.read(text)))
        func names(_ lines: Set<String>) -> [String] {
            lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }.sorted()
        }
        let missing = names(wanted.subtracting(found))
        let strange = names(found.subtracting(wanted))
        return missing.map { strange.contains($0) ? "\($0) differs" : "\($0) is missing" }
            + strange.filter { !missing.contains($0) }.map { "\($0) is unknown" }
    }

    /// The schema as text, for comparing databases.
    package static func text(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema
                WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name
                """)
    }

    /// Pixels of the analysed frame that the object covers; NULL from a detector without masks.
    private static let maskColumns = """
        ALTER TABLE event ADD COLUMN object_masked_pixels INTEGER CHECK (object_masked_pixels >= 0);
        ALTER TABLE observation ADD COLUMN object_masked_pixels INTEGER CHECK (object_masked_pixels >= 0);
        """

    /// What operators said; rows are added and marked as undone, never removed.
    private static let ackTable = """
        CREATE TABLE ack (
            number    INTEGER PRIMARY KEY,         -- in the order they were said
            event     INTEGER NOT NULL REFERENCES event (number) ON DELETE CASCADE,
            revision  INTEGER NOT NULL,            -- of the event, made by saying or undoing this
            label     TEXT    NOT NULL CHECK (label IN ('false', 'confirm')),
            time_ms   INTEGER NOT NULL,
            undone_ms INTEGER,                     -- taken back, or something else was said; NULL while it stands
            note      TEXT
        ) STRICT;

        CREATE INDEX ack_by_event ON ack (event, number);
        -- At most one stands.
        CREATE UNIQUE INDEX ack_standing ON ack (event) WHERE undone_ms IS NULL;
        """

    /// The surprise that was held for long enough to be confirmed, for thresholding again; 0 in events from before.
    private static let levelColumns = """
        ALTER TABLE event ADD COLUMN object_level REAL NOT NULL DEFAULT 0;
        ALTER TABLE event ADD COLUMN pixel_level REAL NOT NULL DEFAULT 0;
        """

    /// Which of a camera's streams a picture was taken from: the analysed one, or the sharper one beside it.
    private static let streamColumn = """
        ALTER TABLE snapshot ADD COLUMN stream TEXT NOT NULL DEFAULT 'detect' CHECK (stream IN ('detect', 'main'));
        """

    /// What was wrong with the cameras themselves.
    private static let cameraTables = """
        CREATE TABLE camera_event (
            number       INTEGER PRIMARY KEY,
            id           TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),    -- UUIDv7, lower case
            run          INTEGER NOT NULL REFERENCES run (number),           -- the start that opened it
            revision     INTEGER NOT NULL UNIQUE,    -- counted together with that of event
            camera       TEXT    NOT NULL,
            kind         TEXT    NOT NULL CHECK (kind IN ('lost', 'refused', 'no-video', 'damaged', 'frozen', 'dark',
                'obstructed', 'sprayed', 'defocused', 'scene-changed')),
            state        TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'interrupted')),
            reason       TEXT    CHECK ((reason IS NULL) = (state = 'open')),
            start_ms     INTEGER NOT NULL,
            last_seen_ms INTEGER NOT NULL CHECK (last_seen_ms >= start_ms),
            end_ms       INTEGER CHECK (end_ms >= last_seen_ms),    -- NULL: open, or nobody saw
            detail       TEXT    NOT NULL            -- what was reported, without credentials
        ) STRICT;

        CREATE INDEX camera_event_by_time ON camera_event (start_ms, id);
        CREATE INDEX camera_event_by_camera ON camera_event (camera, start_ms, id);
        CREATE INDEX camera_event_open ON camera_event (start_ms, id) WHERE state = 'open';

        CREATE TABLE camera_snapshot (
            event    INTEGER PRIMARY KEY REFERENCES camera_event (number) ON DELETE CASCADE,
            time_ms  INTEGER NOT NULL,               -- when the frame happened
            sequence INTEGER NOT NULL,
            jpeg     BLOB    NOT NULL CHECK (length(jpeg) > 0)
        ) STRICT;

        CREATE TABLE camera_ack (                    -- as ack
            number    INTEGER PRIMARY KEY,
            event     INTEGER NOT NULL REFERENCES camera_event (number) ON DELETE CASCADE,
            revision  INTEGER NOT NULL,
            label     TEXT    NOT NULL CHECK (label IN ('false', 'confirm')),
            time_ms   INTEGER NOT NULL,
            undone_ms INTEGER,
            note      TEXT
        ) STRICT;

        CREATE INDEX camera_ack_by_event ON camera_ack (event, number);
        CREATE UNIQUE INDEX camera_ack_standing ON camera_ack (event) WHERE undone_ms IS NULL;
        """

    /// The last revision of any event, of either sort, also of one that retention removed; 0 without any.
    static let latestRevision = """
        SELECT max(coalesce((SELECT max(revision) FROM event), 0),
            coalesce((SELECT max(revision) FROM camera_event), 0),
            coalesce((SELECT value FROM keeping WHERE name = 'revision'), 0))
        """

    private static let firstTables = """
        CREATE TABLE run (
            number     INTEGER PRIMARY KEY,
            id         TEXT    NOT NULL UNIQUE,    -- UUIDv7 of this start of the daemon
            started_ms INTEGER NOT NULL,           -- Unix milliseconds UTC, as all times
            stopped_ms INTEGER                     -- NULL while running, and for good after a crash
        ) STRICT;

        CREATE TABLE event (
            number             INTEGER PRIMARY KEY,
            id                 TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),    -- UUIDv7, lower case
            run                INTEGER NOT NULL REFERENCES run (number),           -- the start that opened it
            revision           INTEGER NOT NULL UNIQUE,    -- grows with every change of any event: what followers read
            camera             TEXT    NOT NULL,
            kind               TEXT    NOT NULL CHECK (kind IN ('object', 'pixel', 'both')),
            state              TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'interrupted')),
            reason             TEXT    CHECK ((reason IS NULL) = (state = 'open')),    -- why it is no longer open
            start_ms           INTEGER NOT NULL,           -- first frame that showed it
            last_seen_ms       INTEGER NOT NULL CHECK (last_seen_ms >= start_ms),      -- last frame that showed it
            end_ms             INTEGER CHECK (end_ms >= last_seen_ms),    -- when closed; NULL: open, or nobody saw
            start_stream_ms    INTEGER NOT NULL,           -- the same two frames on the stream's own clock
            last_seen_stream_ms INTEGER NOT NULL,
            width              INTEGER NOT NULL CHECK (width > 0),     -- size of the analysed frame
            height             INTEGER NOT NULL CHECK (height > 0),
            box_x1             REAL    NOT NULL,           -- where it was seen last, in pixels of that frame
            box_y1             REAL    NOT NULL,
            box_x2             REAL    NOT NULL,
            box_y2             REAL    NOT NULL,
            surprise           REAL    NOT NULL,           -- of the most surprising frame, -log10 of a rate
            peak_sequence      INTEGER NOT NULL,           -- that frame; its point is in observation
            object_objectness  REAL,                       -- raw scores of the most surprising object
            object_anomaly     REAL,
            object_surprise    REAL,
            pixel_score        REAL,                       -- raw scores of the most surprising region
            pixel_cells        INTEGER,
            pixel_surprise     REAL,
            frames             INTEGER NOT NULL CHECK (frames > 0),    -- analysed frames that showed it
            regime             TEXT    NOT NULL,           -- light at its opening
            model              TEXT    NOT NULL,           -- versions that judged
            profile            TEXT    NOT NULL
        ) STRICT;

        CREATE INDEX event_by_time ON event (start_ms, id);
        CREATE INDEX event_by_camera ON event (camera, start_ms, id);
        -- For lists of rare events only.
        CREATE INDEX event_rare ON event (start_ms, id) WHERE surprise >= 6.0;
        CREATE INDEX event_open ON event (start_ms, id) WHERE state = 'open';

        CREATE TABLE observation (
            event             INTEGER NOT NULL REFERENCES event (number) ON DELETE CASCADE,
            sequence          INTEGER NOT NULL,            -- of the frame
            time_ms           INTEGER NOT NULL,
            stream_ms         INTEGER NOT NULL,
            box_x1            REAL    NOT NULL,
            box_y1            REAL    NOT NULL,
            box_x2            REAL    NOT NULL,
            box_y2            REAL    NOT NULL,
            object_objectness REAL,
            object_anomaly    REAL,
            object_surprise   REAL,
            pixel_score       REAL,
            pixel_cells       INTEGER,
            pixel_surprise    REAL,
            PRIMARY KEY (event, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE snapshot (
            event    INTEGER NOT NULL REFERENCES event (number) ON DELETE CASCADE,
            kind     TEXT    NOT NULL CHECK (kind IN ('annotated', 'clean')),
            time_ms  INTEGER NOT NULL,                     -- when the frame happened
            sequence INTEGER NOT NULL,
            jpeg     BLOB    NOT NULL CHECK (length(jpeg) > 0),
            PRIMARY KEY (event, kind)
        ) STRICT;
        """
}
