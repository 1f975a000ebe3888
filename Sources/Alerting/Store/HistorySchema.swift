internal import GRDB

/// The tables that answer questions about the history: a narrow index over events of both sorts, and hourly tallies.
/// Triggers keep both, so that they are right after every writer: the daemon, acknowledgements, retention and repairs.
///
/// Everything that is filtered by and has few values (camera, kind, state, label, zones) is one *facet*; an event lies in
/// exactly one. Any filter is then a set of facets, in each of which the entries lie sorted by time and by surprise, so
/// that no combination of filters makes a search read past what it does not list. See `HistorySearch`.
package enum HistorySchema {
    package static let migration = "9 queries"

    static func migrate(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: fill)
        try db.execute(sql: count)
        try db.execute(sql: indexes)
        for sort in [Sort.anomalies, .cameras] { try db.execute(sql: sort.triggers) }
        try db.execute(sql: tallyTriggers)
    }

    private static let tables = """
        CREATE TABLE facet (
            number INTEGER PRIMARY KEY,
            camera TEXT NOT NULL,
            kind   TEXT NOT NULL,                -- of event or of camera_event
            state  TEXT NOT NULL,
            label  TEXT NOT NULL,                -- 'none' where nothing stands
            zones  TEXT NOT NULL,                -- in alphabetical order, one a line
            UNIQUE (camera, kind, state, label, zones)
        ) STRICT;

        -- In which facet an event belongs.
        CREATE VIEW event_facet AS
        SELECT event.number, event.camera, event.kind, event.state, coalesce(ack.label, 'none') AS label,
            coalesce((SELECT group_concat(zone, char(10)) FROM (
                SELECT zone FROM event_zone WHERE event_zone.event = event.number ORDER BY zone)), '') AS zones
        FROM event LEFT JOIN ack ON ack.event = event.number AND ack.undone_ms IS NULL;

        CREATE VIEW camera_event_facet AS
        SELECT event.number, event.camera, event.kind, event.state, coalesce(ack.label, 'none') AS label, '' AS zones
        FROM camera_event AS event LEFT JOIN camera_ack AS ack ON ack.event = event.number AND ack.undone_ms IS NULL;

        CREATE TABLE history (
            entry    INTEGER PRIMARY KEY,        -- 2 * event.number, or 2 * camera_event.number + 1
            facet    INTEGER NOT NULL REFERENCES facet (number),
            start_ms INTEGER NOT NULL,
            surprise REAL,                       -- NULL of camera events
            opened   INTEGER NOT NULL,           -- the event's revision with which it opened
            turned   INTEGER NOT NULL,           -- with which it came into its state
            told     INTEGER NOT NULL            -- of which followers hear: the state's, or a later change of its label
        ) STRICT;

        CREATE TABLE tally (
            camera TEXT    NOT NULL,
            hour   INTEGER NOT NULL,             -- of the start, in hours since 1970 UTC
            kind   TEXT    NOT NULL,
            label  TEXT    NOT NULL,
            count  INTEGER NOT NULL,
            PRIMARY KEY (camera, hour, kind, label)
        ) STRICT, WITHOUT ROWID;
        """

    /// The index of all events there are; where there are triggers, these count them.
    static let fill = """
        INSERT INTO facet (camera, kind, state, label, zones)
        SELECT camera, kind, state, label, zones FROM event_facet
        UNION SELECT camera, kind, state, label, zones FROM camera_event_facet;

        INSERT INTO history
        SELECT 2 * number, (\(number("event_facet"))), start_ms, surprise, revision, revision, revision
        FROM event JOIN event_facet USING (number);

        INSERT INTO history
        SELECT 2 * number + 1, (\(number("camera_event_facet"))), start_ms, NULL, revision, revision, revision
        FROM camera_event JOIN camera_event_facet USING (number);
        """

    private static let count = """
        INSERT INTO tally
        SELECT facet.camera, history.start_ms / 3600000, facet.kind, facet.label, count(*)
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

    /// The number of the facet that a row of one of the views names.
    private static func number(_ view: String) -> String {
        """
        SELECT facet.number FROM facet WHERE (facet.camera, facet.kind, facet.state, facet.label, facet.zones)
            = (\(view).camera, \(view).kind, \(view).state, \(view).label, \(view).zones)
        """
    }

    /// What differs between the two sorts of events.
    private struct Sort {
        let events: String
        let acks: String
        /// `0` or `1`: the last bit of the entries.
        let bit: String
        let surprise: String
        /// Whether they have zones.
        let isZoned: Bool

        static let anomalies = Sort(
            events: "event", acks: "ack", bit: "0", surprise: "new.surprise", isZoned: true)
        static let cameras = Sort(
            events: "camera_event", acks: "camera_ack", bit: "1", surprise: "NULL", isZoned: false)

        /// The statements that see to it that the facet of an event exists.
        private func ensure(_ event: String) -> String {
            let view = "\(events)_facet"
            return """
                INSERT INTO facet (camera, kind, state, label, zones) SELECT camera, kind, state, label, zones FROM \(view)
                WHERE number = \(event) AND NOT EXISTS (\(HistorySchema.number(view)));
                """
        }

        private func facet(_ event: String) -> String {
            let view = "\(events)_facet"
            return "(SELECT (\(HistorySchema.number(view))) FROM \(view) WHERE number = \(event))"
        }

        /// Moves an event into the facet to which it belongs by now.
        private func move(_ event: String, _ others: String = "") -> String {
            """
            \(ensure(event))
                UPDATE history SET \(others)facet = \(facet(event))
                WHERE entry = 2 * \(event) + \(bit) AND EXISTS (SELECT 1 FROM \(events) WHERE number = \(event));
            """
        }

        private let turn = """
            turned = iif(new.state = old.state, turned, new.revision),
                told = iif(new.state = old.state, told, new.revision),
            """

        var triggers: String {
            """
            CREATE TRIGGER \(events)_opened AFTER INSERT ON \(events) BEGIN
                \(ensure("new.number"))
                INSERT INTO history VALUES (
                    2 * new.number + \(bit), \(facet("new.number")), new.start_ms, \(surprise),
                    new.revision, new.revision, new.revision);
            END;
            CREATE TRIGGER \(events)_changed AFTER UPDATE ON \(events)
            WHEN (new.kind, new.state, \(surprise))
                IS NOT (old.kind, old.state, \(surprise.replacing("new", with: "old"))) BEGIN
                \(move("new.number", "surprise = \(surprise), \(turn) "))
            END;
            CREATE TRIGGER \(events)_deleted AFTER DELETE ON \(events) BEGIN
                DELETE FROM history WHERE entry = 2 * old.number + \(bit);
            END;
            CREATE TRIGGER \(acks)_said AFTER INSERT ON \(acks) BEGIN
                \(move("new.event", "told = max(told, new.revision), "))
            END;
            CREATE TRIGGER \(acks)_undone AFTER UPDATE ON \(acks) BEGIN
                \(move("new.event", "told = max(told, new.revision), "))
            END;
            CREATE TRIGGER \(acks)_deleted AFTER DELETE ON \(acks) BEGIN
                \(move("old.event"))
            END;
            \(isZoned ? zoneTrigger : "")
            """
        }

        private var zoneTrigger: String {
            """
            CREATE TRIGGER event_zone_touched AFTER INSERT ON event_zone BEGIN
                \(move("new.event"))
            END;
            """
        }
    }

    private static let tallyTriggers = """
        CREATE TRIGGER history_added AFTER INSERT ON history BEGIN
            \(add)
        END;
        CREATE TRIGGER history_moved AFTER UPDATE OF facet ON history WHEN new.facet <> old.facet BEGIN
            \(add)
            \(take)
        END;
        CREATE TRIGGER history_removed AFTER DELETE ON history BEGIN
            \(take)
        END;
        """

    private static let add = """
        INSERT INTO tally SELECT camera, new.start_ms / 3600000, kind, label, 1 FROM facet WHERE number = new.facet
            ON CONFLICT DO UPDATE SET count = count + 1;
        """

    private static let take = """
        UPDATE tally SET count = count - 1 WHERE (camera, hour, kind, label) = (
                SELECT camera, old.start_ms / 3600000, kind, label FROM facet WHERE number = old.facet);
            DELETE FROM tally WHERE count = 0 AND (camera, hour, kind, label) = (
                SELECT camera, old.start_ms / 3600000, kind, label FROM facet WHERE number = old.facet);
        """
}
