internal import FoundationEssentials
internal import GRDB

/// Camera events and their snapshots to and from their rows.
enum CameraEventRows {
    static let columns = "camera_event.*, \(AckRows.columns)"
    static let source = "camera_event LEFT JOIN camera_ack AS ack ON \(AckRows.Table.cameras.standing)"

    static func upsert(_ event: CameraEvent, run: Int64, revision: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO camera_event (
                    id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, detail)
                VALUES (:id, :run, :revision, :camera, :kind, :state, :reason, :start, :lastSeen, :end, :detail)
                ON CONFLICT (id) DO UPDATE SET
                    revision = excluded.revision, state = excluded.state, reason = excluded.reason,
                    last_seen_ms = excluded.last_seen_ms, end_ms = excluded.end_ms
                """,
            arguments: [
                "id": event.id.description, "run": run, "revision": revision, "camera": event.camera,
                "kind": event.kind.rawValue, "state": event.state.rawValue, "reason": event.reason?.rawValue,
                "start": event.startMs, "lastSeen": event.lastSeenMs, "end": event.endMs, "detail": event.detail,
            ])
    }

    static func insert(_ snapshot: EventSnapshot, of id: EventID, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO camera_snapshot (event, time_ms, sequence, jpeg)
                SELECT number, ?, ?, ? FROM camera_event WHERE id = ?
                """,
            arguments: [
                snapshot.timeMs, Int64(bitPattern: snapshot.sequence), Data(snapshot.jpeg), id.description,
            ])
    }

    static func event(_ row: Row) throws(StoreError) -> CameraEvent {
        let id: String = row["id"]
        guard let parsed = EventID(id), let kind = CameraEventKind(rawValue: row["kind"]),
            let state = EventState(rawValue: row["state"])
        else { throw StoreError(.notADatabase, "camera event \(id) has a value that this version does not know") }
        return CameraEvent(
            id: parsed, camera: row["camera"], kind: kind, state: state,
            reason: (row["reason"] as String?).flatMap(CloseReason.init(rawValue:)), startMs: row["start_ms"],
            lastSeenMs: row["last_seen_ms"], endMs: row["end_ms"], detail: row["detail"])
    }
}
