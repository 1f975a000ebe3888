package import Alerting
internal import Analysis
internal import GRDB
internal import TestSupport

/// A database as an earlier version of the monitor left it, with one open event.
package struct OldDatabase: Sendable {
    /// The last migration that it has seen.
    package let migration: String

    package static var all: [OldDatabase] { StoreSchema.migrator.migrations.dropLast().map(OldDatabase.init) }

    /// Writes it, as a file with a write-ahead log beside it; returns its event as a reader of today sees it.
    package func write(to path: String) throws -> HistoryEntry {
        let queue = try DatabaseQueue(path: path)
        try StoreSchema.migrator.migrate(queue, upTo: migration)
        try queue.write { try $0.execute(sql: Self.rows) }
        try queue.close()
        // The reader of today needs the tables of today.
        let newer = try DatabaseQueue()
        try StoreSchema.migrator.migrate(newer, upTo: migration)
        try newer.write { try $0.execute(sql: Self.rows) }
        try StoreSchema.migrator.migrate(newer)
        let folder = TemporaryFolder()
        try newer.backup(to: DatabaseQueue(path: folder.file("e.sqlite")))
        guard let entry = try EventReader(path: folder.file("e.sqlite")).entry(Self.id) else { throw Unwritten() }
        return entry
    }

    private struct Unwritten: Error {}

    private static let id = "018f0000-0000-7000-8000-000000000001"

    private static let rows = """
        INSERT INTO run (number, id, started_ms) VALUES (1, '018effff-0000-7000-8000-000000000001', 1715000000000);
        INSERT INTO event (
            number, id, run, revision, camera, kind, state, start_ms, last_seen_ms, start_stream_ms,
            last_seen_stream_ms, width, height, box_x1, box_y1, box_x2, box_y2, surprise, peak_sequence,
            object_objectness, object_anomaly, object_surprise, frames, regime, model, profile)
        VALUES (
            1, '\(id)', 1, 1, 'porch', 'object', 'open', 1715000000000, 1715000002500, 0, 2500, 640, 360,
            10, 20, 30, 40, 4.5, 3, 0.5, 0.25, 4.5, 5, 'day', 'old', 'porch 1');
        INSERT INTO observation (
            event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2, object_objectness, object_anomaly,
            object_surprise)
        VALUES (1, 3, 1715000001000, 1000, 11, 21, 31, 41, 0.5, 0.25, 4.5);
        """
}
