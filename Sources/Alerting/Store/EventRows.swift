internal import Analysis
internal import FoundationEssentials
internal import GRDB
internal import Imaging

/// Events, observations and snapshots to and from their rows.
enum EventRows {
    // MARK: - Writing

    static func upsert(_ event: Event, run: Int64, revision: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO event (
                    id, run, revision, camera, kind, state, reason, start_ms, last_seen_ms, end_ms, start_stream_ms,
                    last_seen_stream_ms, width, height, box_x1, box_y1, box_x2, box_y2, surprise, peak_sequence,
                    object_objectness, object_anomaly, object_surprise, object_masked_pixels, pixel_score,
                    pixel_cells, pixel_surprise, object_level, pixel_level, frames, regime, model, profile,
                    continues)
                VALUES (
                    :id, :run, :revision, :camera, :kind, :state, :reason, :start, :lastSeen, :end, :startStream,
                    :lastSeenStream, :width, :height, :x1, :y1, :x2, :y2, :surprise, :peak,
                    :objectness, :objectAnomaly, :objectSurprise, :maskedPixels, :pixelScore, :pixelCells,
                    :pixelSurprise, :objectLevel, :pixelLevel, :frames, :regime, :model, :profile, :continues)
                ON CONFLICT (id) DO UPDATE SET
                    revision = excluded.revision, kind = excluded.kind, state = excluded.state,
                    reason = excluded.reason, last_seen_ms = excluded.last_seen_ms, end_ms = excluded.end_ms,
                    last_seen_stream_ms = excluded.last_seen_stream_ms, box_x1 = excluded.box_x1,
                    box_y1 = excluded.box_y1, box_x2 = excluded.box_x2, box_y2 = excluded.box_y2,
                    surprise = excluded.surprise, peak_sequence = excluded.peak_sequence,
                    object_objectness = excluded.object_objectness, object_anomaly = excluded.object_anomaly,
                    object_surprise = excluded.object_surprise,
                    object_masked_pixels = excluded.object_masked_pixels, pixel_score = excluded.pixel_score,
                    pixel_cells = excluded.pixel_cells, pixel_surprise = excluded.pixel_surprise,
                    object_level = excluded.object_level, pixel_level = excluded.pixel_level,
                    frames = excluded.frames
                """,
            arguments: arguments(event, run: run, revision: revision))
        // Zones are only ever added while an event goes on; one that comes later may stand before others.
        for (position, zone) in event.zones.enumerated() {
            try db.execute(
                sql: """
                    INSERT INTO event_zone (zone, start_ms, id, event, position)
                    SELECT ?, start_ms, id, number, ? FROM event WHERE id = ?
                    ON CONFLICT (zone, start_ms, id) DO UPDATE SET position = excluded.position
                    """,
                arguments: [zone, position, event.id.description])
        }
    }

    private static func arguments(_ event: Event, run: Int64, revision: Int64) -> StatementArguments {
        [
            "id": event.id.description, "run": run, "revision": revision, "camera": event.camera,
            "kind": event.kind.rawValue, "state": event.state.rawValue, "reason": event.reason?.rawValue,
            "start": event.startMs, "lastSeen": event.lastSeenMs, "end": event.endMs,
            "startStream": event.startStreamMs, "lastSeenStream": event.lastSeenStreamMs,
            "width": event.width, "height": event.height,
            "x1": Double(event.box.x1), "y1": Double(event.box.y1), "x2": Double(event.box.x2),
            "y2": Double(event.box.y2), "surprise": Double(event.surprise),
            "peak": Int64(bitPattern: event.peak.sequence),
            "objectness": event.objectPeak.map { Double($0.objectness) },
            "objectAnomaly": event.objectPeak.map { Double($0.anomaly) },
            "objectSurprise": event.objectPeak.map { Double($0.surprise) },
            "maskedPixels": event.objectPeak?.maskedPixels,
            "pixelScore": event.pixelPeak.map { Double($0.score) }, "pixelCells": event.pixelPeak?.cells,
            "pixelSurprise": event.pixelPeak.map { Double($0.surprise) },
            "objectLevel": Double(event.objectLevel), "pixelLevel": Double(event.pixelLevel),
            "frames": event.frames, "regime": event.regime.rawValue, "model": event.provenance.model,
            "profile": event.provenance.profile, "continues": event.continues?.description,
        ]
    }

    /// The one event of either sort whose id begins with `prefix` (case and hyphens as printed); nil without any.
    /// - Throws: `StoreError` `.ambiguous` when there are several.
    static func place(beginning prefix: String, _ db: Database) throws -> (table: AckRows.Table, number: Int64)? {
        let prefix = prefix.lowercased()
        guard !prefix.isEmpty, prefix.utf8.allSatisfy({ "0123456789abcdef-".utf8.contains($0) }) else { return nil }
        let found = try [AckRows.Table.anomalies, .cameras].flatMap { table in
            // "g" sorts after every character of an id.
            try Int64.fetchAll(
                db, sql: "SELECT number FROM \(table.events) WHERE id >= ? AND id < ? LIMIT 2",
                arguments: [prefix, prefix + "g"]
            ).map { (table, $0) }
        }
        guard found.count < 2 else {
            throw StoreError(.ambiguous, "several events begin with \(prefix); give more of the id")
        }
        return found.first
    }

    static func number(of id: EventID, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT number FROM event WHERE id = ?", arguments: [id.description])
    }

    static func insert(_ point: Observation, event: Int64, _ db: Database) throws {
        let values: [(any DatabaseValueConvertible)?] = [
            event, Int64(bitPattern: point.sequence), point.timeMs, point.streamMs, Double(point.box.x1),
            Double(point.box.y1), Double(point.box.x2), Double(point.box.y2),
            point.object.map { Double($0.objectness) }, point.object.map { Double($0.anomaly) },
            point.object.map { Double($0.surprise) }, point.object?.maskedPixels,
            point.pixels.map { Double($0.score) }, point.pixels?.cells, point.pixels.map { Double($0.surprise) },
            point.track,
        ]
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO observation (
                    event, sequence, time_ms, stream_ms, box_x1, box_y1, box_x2, box_y2, object_objectness,
                    object_anomaly, object_surprise, object_masked_pixels, pixel_score, pixel_cells, pixel_surprise,
                    object_track)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: StatementArguments(values))
    }

    static func insert(_ snapshot: EventSnapshot, event: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO snapshot (event, kind, stream, time_ms, sequence, jpeg) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                event, snapshot.kind.rawValue, snapshot.stream.rawValue, snapshot.timeMs,
                Int64(bitPattern: snapshot.sequence), Data(snapshot.jpeg),
            ])
    }

    /// Puts a better picture of the same frame in the place of a stored one; does nothing when that is of another frame
    /// by now.
    static func improve(_ id: EventID, with snapshot: EventSnapshot, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE snapshot SET stream = ?, time_ms = ?, jpeg = ?
                WHERE event = (SELECT number FROM event WHERE id = ?) AND kind = ? AND sequence = ?
                """,
            arguments: [
                snapshot.stream.rawValue, snapshot.timeMs, Data(snapshot.jpeg), id.description, snapshot.kind.rawValue,
                Int64(bitPattern: snapshot.sequence),
            ])
    }

    // MARK: - Reading

    /// The peak's own row lies in `observation` (alias `peak`), what operators say about the event in `ack`. The zones come
    /// as lines, each with its position of one digit before it.
    static let columns = """
        event.*, peak.time_ms AS peak_time_ms, peak.stream_ms AS peak_stream_ms, peak.box_x1 AS peak_x1,
        peak.box_y1 AS peak_y1, peak.box_x2 AS peak_x2, peak.box_y2 AS peak_y2,
        peak.object_objectness AS peak_objectness, peak.object_anomaly AS peak_anomaly,
        peak.object_surprise AS peak_object_surprise, peak.object_masked_pixels AS peak_masked_pixels,
        peak.pixel_score AS peak_score,
        peak.pixel_cells AS peak_cells, peak.pixel_surprise AS peak_pixel_surprise,
        peak.object_track AS peak_track,
        (SELECT group_concat(position || zone, char(10)) FROM event_zone WHERE event_zone.event = event.number) AS zones,
        \(AckRows.columns)
        """
    static let source = """
        event JOIN observation AS peak ON peak.event = event.number AND peak.sequence = event.peak_sequence
        LEFT JOIN ack ON \(AckRows.Table.anomalies.standing)
        """

    static func event(_ row: Row, track: [Observation]) throws(StoreError) -> Event {
        let id: String = row["id"]
        guard let parsed = EventID(id), let kind = EventKind(rawValue: row["kind"]),
            let state = EventState(rawValue: row["state"]), let regime = Regime(rawValue: row["regime"])
        else { throw StoreError(.notADatabase, "event \(id) has a value that this version does not know") }
        let peak = Observation(
            timeMs: row["peak_time_ms"], streamMs: row["peak_stream_ms"], sequence: sequence(row["peak_sequence"]),
            box: Box(x1: row["peak_x1"], y1: row["peak_y1"], x2: row["peak_x2"], y2: row["peak_y2"]),
            object: object(
                row["peak_objectness"], row["peak_anomaly"], row["peak_object_surprise"], row["peak_masked_pixels"]),
            pixels: pixels(row["peak_score"], row["peak_cells"], row["peak_pixel_surprise"]),
            track: row["peak_track"])
        return Event(
            id: parsed, camera: row["camera"], kind: kind, state: state,
            reason: (row["reason"] as String?).flatMap(CloseReason.init(rawValue:)), startMs: row["start_ms"],
            lastSeenMs: row["last_seen_ms"], endMs: row["end_ms"], startStreamMs: row["start_stream_ms"],
            lastSeenStreamMs: row["last_seen_stream_ms"],
            box: box(row), width: row["width"], height: row["height"], peak: peak,
            objectPeak: object(row),
            pixelPeak: pixels(row["pixel_score"], row["pixel_cells"], row["pixel_surprise"]),
            objectLevel: row["object_level"], pixelLevel: row["pixel_level"], frames: row["frames"], regime: regime,
            provenance: Provenance(model: row["model"], profile: row["profile"]),
            zones: zones(row["zones"]), continues: (row["continues"] as String?).flatMap { EventID($0) }, track: track)
    }

    static func observation(_ row: Row) -> Observation {
        Observation(
            timeMs: row["time_ms"], streamMs: row["stream_ms"], sequence: sequence(row["sequence"]), box: box(row),
            object: object(row),
            pixels: pixels(row["pixel_score"], row["pixel_cells"], row["pixel_surprise"]), track: row["object_track"])
    }

    private static func zones(_ lines: String?) -> [String] {
        (lines ?? "").split(separator: "\n").sorted().map { String($0.dropFirst()) }
    }

    private static func sequence(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

    private static func box(_ row: Row) -> Box {
        Box(x1: row["box_x1"], y1: row["box_y1"], x2: row["box_x2"], y2: row["box_y2"])
    }

    private static func object(_ row: Row) -> ObjectScores? {
        object(
            row["object_objectness"], row["object_anomaly"], row["object_surprise"], row["object_masked_pixels"])
    }

    private static func object(
        _ objectness: Float?, _ anomaly: Float?, _ surprise: Float?, _ maskedPixels: Int?
    ) -> ObjectScores? {
        guard let objectness, let anomaly, let surprise else { return nil }
        return ObjectScores(
            objectness: objectness, anomaly: anomaly, surprise: surprise, maskedPixels: maskedPixels)
    }

    private static func pixels(_ score: Float?, _ cells: Int?, _ surprise: Float?) -> PixelScores? {
        guard let score, let cells, let surprise else { return nil }
        return PixelScores(score: score, cells: cells, surprise: surprise)
    }
}
