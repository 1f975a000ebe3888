internal import GRDB

/// The tables that answer questions about the history: a narrow index over events of both sorts, and hourly tallies.
/// Triggers keep both, so that they are right after every writer: the daemon, acknowledgements, retention and repairs.
///
/// Every filter with few values (camera, kind, state, label) is one *facet*; an event lies in exactly one. Any filter is
/// then a set of facets, in each of which the entries lie sorted by time and by surprise, so that no combination of
/// filters makes a search read past what it does not list. See `HistorySearch`.
enum HistorySchema {
    static func migrate(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: fill)
        try db.execute(sql: indexes)
        try db.execute(sql: entryTriggers(events: "event", acks: "ack", entry: "2 * @.number", surprise: "new.surprise"))
        try db.execute(
            sql: entryTriggers(events: "camera_event", acks: "camera_ack", entry: "2 * @.number + 1", surprise: "NULL"))
        try db.execute(sql: tallyTriggers)
    }

    private static let tables = """
        CREATE TABLE facet (
            number INTEGER PRIMARY KEY,
            camera TEXT NOT NULL,
            kind   TEXT NOT NULL,                -- of event or of camera_event
            state  TEXT NOT NULL,
            label  TEXT NOT NULL,                -- 'none' where nothing stands
            UNIQUE (camera, kind, state, label)
        ) STRICT;

        CREATE TABLE history (
            entry    INTEGER PRIMARY KEY,        -- 2 * event.number, or 2 * camera_event.number + 1
            facet    INTEGER NOT NULL REFERENCES facet (number),
            start_ms INTEGER NOT NULL,
            surprise REAL,                       -- NULL of camera events
            opened   INTEGER NOT NULL,           -- the event's revision that followers first heard of
            told     INTEGER NOT NULL            -- the last one they heard of: opening, closing, or a change of its label
        ) STRICT;

        CREATE TABLE tally (
            hour   INTEGER NOT NULL,             -- of the start, in hours since 1970 UTC
            camera TEXT    NOT NULL,
            kind   TEXT    NOT NULL,
            label  TEXT    NOT NULL,
            count  INTEGER NOT NULL,
            PRIMARY KEY (hour, camera, kind, label)
        ) STRICT, WITHOUT ROWID;
        """

    private static let fill = """
        INSERT INTO facet (camera, kind, state, label)
        SELECT DISTINCT event.camera, event.kind, event.state, coalesce(ack.label, 'none')
        FROM event LEFT JOIN ack ON ack.event = event.number AND ack.undone_ms IS NULL
        UNION
        SELECT DISTINCT event.camera, event.kind, event.state, coalesce(ack.label, 'none')
        FROM camera_event AS event LEFT JOIN camera_ack AS ack ON ack.event = event.number AND ack.undone_ms IS NULL;

        INSERT INTO history
        SELECT 2 * event.number, facet.number, event.start_ms, event.surprise, event.revision, event.revision
        FROM event LEFT JOIN ack ON ack.event = event.number AND ack.undone_ms IS NULL
            JOIN facet ON facet.camera = event.camera AND facet.kind = event.kind AND facet.state = event.state
                AND facet.label = coalesce(ack.label, 'none');

        INSERT INTO history
        SELECT 2 * event.number + 1, facet.number, event.start_ms, NULL, event.revision, event.revision
        FROM camera_event AS event LEFT JOIN camera_ack AS ack ON ack.event = event.number AND ack.undone_ms IS NULL
            JOIN facet ON facet.camera = event.camera AND facet.kind = event.kind AND facet.state = event.state
                AND facet.label = coalesce(ack.label, 'none');

        INSERT INTO tally
        SELECT history.start_ms / 3600000, facet.camera, facet.kind, facet.label, count(*)
        FROM history JOIN facet ON facet.number = history.facet GROUP BY 1, 2, 3, 4;
        """

    private static let indexes = """
        CREATE INDEX history_by_time ON history (start_ms, entry);
        CREATE INDEX history_by_facet ON history (facet, start_ms, entry, surprise);
        CREATE INDEX history_by_surprise ON history (facet, surprise, start_ms, entry) WHERE surprise IS NOT NULL;
        CREATE INDEX history_by_change ON history (told);
        -- What it was for, history_by_surprise does.
        DROP INDEX event_rare;
        """

    /// - Parameter entry: an expression for the key in `history`; `@` stands for the row.
    private static func entryTriggers(events: String, acks: String, entry: String, surprise: String) -> String {
        func key(_ row: String) -> String { entry.replacing("@", with: row) }
        func facet(_ row: String, _ label: String) -> (ensure: String, number: String) {
            let values = "\(row).camera, \(row).kind, \(row).state, \(label)"
            let number = """
                (SELECT number FROM facet WHERE (camera, kind, state, label) = (\(values)))
                """
            return (
                "INSERT INTO facet (camera, kind, state, label) SELECT \(values) WHERE \(number) IS NULL;", number
            )
        }
        func label(_ number: String) -> String {
            "coalesce((SELECT label FROM \(acks) WHERE event = \(number) AND undone_ms IS NULL), 'none')"
        }
        let (first, changed) = (facet("new", "'none'"), facet("new", label("new.number")))
        func said(_ row: String) -> String {
            let event = "(SELECT * FROM \(events) WHERE number = \(row).event) AS said"
            let values = "said.camera, said.kind, said.state, \(label("\(row).event"))"
            return """
                    INSERT INTO facet (camera, kind, state, label)
                    SELECT \(values) FROM \(event)
                    WHERE NOT EXISTS (SELECT 1 FROM facet WHERE (camera, kind, state, label) = (\(values)));
                    UPDATE history SET told = max(told, \(row).revision), facet = (
                        SELECT facet.number FROM \(event)
                        JOIN facet ON (facet.camera, facet.kind, facet.state, facet.label) = (\(values)))
                    WHERE entry = \(entry.replacing("@.number", with: "\(row).event"))
                        AND EXISTS (SELECT 1 FROM \(events) WHERE number = \(row).event);
                """
        }
        return """
            CREATE TRIGGER \(events)_opened AFTER INSERT ON \(events) BEGIN
                \(first.ensure)
                INSERT INTO history VALUES (
                    \(key("new")), \(first.number), new.start_ms, \(surprise), new.revision, new.revision);
            END;
            CREATE TRIGGER \(events)_changed AFTER UPDATE ON \(events)
            WHEN (new.kind, new.state, \(surprise)) IS NOT (old.kind, old.state, \(surprise.replacing("new", with: "old")))
            BEGIN
                \(changed.ensure)
                UPDATE history SET facet = \(changed.number), surprise = \(surprise),
                    told = CASE WHEN new.state = old.state THEN told ELSE new.revision END
                WHERE entry = \(key("new"));
            END;
            CREATE TRIGGER \(events)_deleted AFTER DELETE ON \(events) BEGIN
                DELETE FROM history WHERE entry = \(key("old"));
            END;
            CREATE TRIGGER \(acks)_said AFTER INSERT ON \(acks) BEGIN
            \(said("new"))
            END;
            CREATE TRIGGER \(acks)_undone AFTER UPDATE ON \(acks) BEGIN
            \(said("new"))
            END;
            CREATE TRIGGER \(acks)_deleted AFTER DELETE ON \(acks) BEGIN
            \(said("old"))
            END;
            """
    }

    private static let tallyTriggers = """
        CREATE TRIGGER history_added AFTER INSERT ON history BEGIN
            INSERT INTO tally SELECT new.start_ms / 3600000, camera, kind, label, 1 FROM facet WHERE number = new.facet
            ON CONFLICT DO UPDATE SET count = count + 1;
        END;
        CREATE TRIGGER history_moved AFTER UPDATE OF facet ON history WHEN new.facet <> old.facet BEGIN
            UPDATE tally SET count = count - 1 WHERE (hour, camera, kind, label) = (
                SELECT old.start_ms / 3600000, camera, kind, label FROM facet WHERE number = old.facet);
            INSERT INTO tally SELECT new.start_ms / 3600000, camera, kind, label, 1 FROM facet WHERE number = new.facet
            ON CONFLICT DO UPDATE SET count = count + 1;
            DELETE FROM tally WHERE count = 0 AND (hour, camera, kind, label) = (
                SELECT old.start_ms / 3600000, camera, kind, label FROM facet WHERE number = old.facet);
        END;
        CREATE TRIGGER history_removed AFTER DELETE ON history BEGIN
            UPDATE tally SET count = count - 1 WHERE (hour, camera, kind, label) = (
                SELECT old.start_ms / 3600000, camera, kind, label FROM facet WHERE number = old.facet);
            DELETE FROM tally WHERE count = 0 AND (hour, camera, kind, label) = (
                SELECT old.start_ms / 3600000, camera, kind, label FROM facet WHERE number = old.facet);
        END;
        """
}
