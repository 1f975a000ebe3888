internal import Alerting
internal import GRDB

/// A large event database as a busy year of sixteen cameras would leave it, always the same for the same size.
///
/// Kinds, states, labels and scores are mixed as in practice: few scores are high, few events are labelled, few cameras
/// are ill. One event in two thousand has its pictures.
package struct HistoryForgery: Sendable {
    package static let cameras = [
        "yard", "gate", "hall", "dock", "lobby", "ramp", "roof", "attic", "cellar", "garage", "garden", "street",
        "lane",
        "pool", "shop", "stairs",
    ]
    /// The first and about the last start, in Unix milliseconds: 2025-11-21 to 2026-11-21.
    package static let firstMs: Int64 = 1_763_683_200_000
    package static let lastMs: Int64 = 1_795_219_200_000

    private let events: Int
    private static let chunk = 200_000

    /// - Parameter events: of both sorts together.
    package init(events: Int) { self.events = events }

    /// Writes the database, which must not exist, in the last schema before `HistorySchema`, and then upgrades it, so
    /// that its indexes are built as in practice and not row by row.
    /// - Parameter progress: hears how many are written.
    package func write(to path: String, progress: (Int) -> Void = { _ in }) throws {
        var configuration = Configuration()
        // Whoever loses power meanwhile starts again.
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let migrations = StoreSchema.migrator.migrations
        let own = migrations.firstIndex(of: HistorySchema.migration) ?? migrations.endIndex
        try StoreSchema.migrator.migrate(queue, upTo: migrations[own - 1])
        try queue.write { try $0.execute(sql: "INSERT INTO run (number, id, started_ms) VALUES (1, 'forged', 0)") }
        for start in stride(from: 0, to: events, by: Self.chunk) {
            let end = min(start + Self.chunk, events)
            try queue.write { db in
                try db.execute(
                    sql: Self.chance, arguments: [start, end, events, Self.lastMs - Self.firstMs, Self.firstMs])
                for statement in [
                    Self.anomalies, Self.peaks, Self.zones, Self.labels, Self.pictures, Self.cameraEvents,
                ] {
                    try db.execute(sql: statement)
                }
                try db.execute(sql: "DROP TABLE chance")
            }
            progress(end)
        }
        try StoreSchema.migrator.migrate(queue)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    }

    /// What befalls event `i`: independent numbers in 0..<2147483647, and derived from them what several tables need.
    /// Squares modulo a prime look random enough, and are the same everywhere.
    private static let chance = """
        CREATE TEMP TABLE chance AS
        WITH
            counted (i) AS (VALUES (?1) UNION ALL SELECT i + 1 FROM counted WHERE i + 1 < ?2),
            linear AS (SELECT i, (i + 7) * 48271 % 2147483647 AS x FROM counted),
            a AS (SELECT i, x * x % 2147483647 AS a FROM linear),
            b AS (SELECT i, a, (a + i % 1000003) * (a + i % 1000003) % 2147483647 AS b FROM a),
            c AS (SELECT i, a, b, (b + a % 99991) * (b + a % 99991) % 2147483647 AS c FROM b),
            d AS (SELECT i, a, b, c, (c + b % 99989) * (c + b % 99989) % 2147483647 AS d FROM c)
        SELECT i, i + 1 AS number, a, b, c, d, d % 100 < 3 AS is_camera,
            -- More by day than by night.
            ?5 + CAST(1.0 * ?4 * i / ?3 AS INTEGER)
                + CAST(9000000 * sin(6.283185307 * i / (?3 / 365.0)) AS INTEGER) + a % 60000 AS start_ms,
            CASE a % 16 \(cameras.enumerated().map { "WHEN \($0.offset) THEN '\($0.element)'" }.joined(separator: " ")) END
                AS camera,
            CASE WHEN i >= ?3 - 5 THEN 'open' WHEN b % 200 = 0 THEN 'interrupted' ELSE 'closed' END AS state,
            1000 + c % 40000 AS lasted_ms,
            round(min(15.0, 3.5 - 0.7 * ln((d + 1) / 2147483647.0)), 4) AS surprise
        FROM d
        """

    private static let id =
        "printf('%08x-%04x-7%03x-%04x-%012x', start_ms / 65536, start_ms % 65536, i % 4096, 32768 + a % 16384, b)"

    private static let anomalies = """
        INSERT INTO event (
            number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, start_stream_ms,
            last_seen_stream_ms, width, height, box_x1, box_y1, box_x2, box_y2, surprise, peak_sequence,
            object_objectness, object_anomaly, object_surprise, pixel_score, pixel_cells, pixel_surprise, frames, regime,
            model, profile)
        SELECT number, \(id), 1, number, camera,
            CASE WHEN c % 10 < 6 THEN 'object' WHEN c % 10 < 9 THEN 'pixel' ELSE 'both' END,
            state, CASE state WHEN 'open' THEN NULL WHEN 'closed' THEN 'quiet' ELSE 'crash' END,
            start_ms, start_ms + lasted_ms, CASE state WHEN 'closed' THEN start_ms + lasted_ms + 3000 END,
            i * 1000, i * 1000 + lasted_ms, 640, 360, a % 500, b % 300, a % 500 + 40, b % 300 + 50, surprise, i,
            0.7, 0.9, surprise, 0.5, 12, surprise - 0.25, 1 + lasted_ms / 500, 'day', '3f2a91c7', 'a1b2c3d4'
        FROM chance WHERE NOT is_camera
        """

    private static let peaks = """
        INSERT INTO observation (
            event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2, object_objectness, object_anomaly,
            object_surprise)
        SELECT number, i, start_ms, i * 1000, a % 500, b % 300, a % 500 + 40, b % 300 + 50, 0.7, 0.9, surprise
        FROM chance WHERE NOT is_camera
        """

    /// Each camera has two zones of its own and one that is called alike everywhere.
    private static let zones = """
        INSERT INTO event_zone (zone, start_ms, id, event, position)
        SELECT zone, start_ms, id, number, position FROM (
            SELECT camera || '-door' AS zone, start_ms, \(id) AS id, number, 0 AS position FROM chance
            WHERE NOT is_camera AND c % 7 < 2
            UNION ALL SELECT camera || '-safe', start_ms, \(id), number, 1 FROM chance WHERE NOT is_camera AND c % 500 = 3
            UNION ALL SELECT 'path', start_ms, \(id), number, 2 FROM chance WHERE NOT is_camera AND c % 9 < 3)
        """

    private static let labels = """
        INSERT INTO ack (event, revision, label, time_ms, note)
        SELECT number, number, CASE WHEN b % 5 < 3 THEN 'false' ELSE 'confirm' END, start_ms + 60000,
            CASE WHEN b % 7 = 0 THEN 'the neighbour''s cat' END
        FROM chance WHERE NOT is_camera AND d % 50 = 10 AND state <> 'open'
        """

    private static let pictures = """
        INSERT INTO snapshot (event, kind, time_ms, sequence, jpeg)
        SELECT number, kind, start_ms, i, zeroblob(20000) FROM chance, (SELECT 'clean' AS kind UNION SELECT 'annotated')
        WHERE NOT is_camera AND b % 2000 = 0
        """

    private static let cameraEvents = """
        INSERT INTO camera_event (
            number, id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, detail)
        SELECT number, \(id), 1, number, camera,
            CASE WHEN c % 10 < 6 THEN 'lost' WHEN c % 100 < 85 THEN 'dark' WHEN c % 100 < 95 THEN 'frozen'
                WHEN c % 1000 < 998 THEN 'damaged' ELSE 'sprayed' END,
            state, CASE state WHEN 'open' THEN NULL WHEN 'closed' THEN 'restored' ELSE 'crash' END,
            start_ms, start_ms + lasted_ms, CASE state WHEN 'closed' THEN start_ms + lasted_ms + 3000 END,
            'no frames for 12 s'
        FROM chance WHERE is_camera
        """
}
