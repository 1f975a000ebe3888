internal import Analysis
internal import Basics
internal import FoundationEssentials
internal import Imaging

/// The published form of an event of either sort, version 1: docs/schema/event.json. Keys are only ever added.
public struct EventDocument: Encodable, Sendable {
    private let head: Head
    private let anomaly: Anomaly?
    /// What was reported of a camera's own event; absent where the kind says it all.
    private let detail: String?

    /// - Parameter track: whether the points of an anomaly's track are wanted.
    public init(_ entry: HistoryEntry, _ acknowledgement: Acknowledgement?, track: Bool = false) {
        switch entry {
        case .anomaly(let event):
            head = Head(entry, type: "anomaly", acknowledgement)
            anomaly = Anomaly(event, track: track)
            detail = nil
        case .camera(let event):
            head = Head(entry, type: "camera", acknowledgement)
            anomaly = nil
            detail = event.detail.isEmpty ? nil : event.detail
        }
    }

    private enum CodingKeys: CodingKey { case detail }

    /// One JSON object on one line; keys sorted, so that equal events give equal bytes.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            // A detector's nonsense must not keep an event from being told.
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try head.encode(to: encoder)
        try anomaly?.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(detail, forKey: .detail)
    }
}

extension EventDocument {
    /// What both sorts have.
    private struct Head: Encodable, Sendable {
        let schema = 1
        let type: String
        let id: String
        let camera: String
        let kind: String
        let state: String
        let reason: String?
        let start: String
        let lastSeen: String
        let end: String?
        /// `false` or `confirm`; absent while nothing stands.
        let label: String?
        let note: String?

        init(_ entry: HistoryEntry, type: String, _ acknowledgement: Acknowledgement?) {
            self.type = type
            id = entry.id.description
            camera = entry.camera
            kind = entry.kind
            state = entry.state.rawValue
            reason = entry.reason?.rawValue
            start = UTCTime.rfc3339(entry.startMs)
            lastSeen = UTCTime.rfc3339(entry.lastSeenMs)
            end = entry.endMs.map(UTCTime.rfc3339)
            label = acknowledgement?.label.rawValue
            note = acknowledgement?.note
        }

        private enum CodingKeys: String, CodingKey {
            case schema, type, id, camera, kind, state, reason, start, end, label, note
            case lastSeen = "last_seen"
        }
    }

    struct Area: Encodable, Sendable {
        let x: Float
        let y: Float
        let width: Float
        let height: Float

        init(_ box: Box) { (x, y, width, height) = (box.x1, box.y1, box.width, box.height) }
    }

    struct Point: Encodable, Sendable {
        let time: String
        let box: Area
        let surprise: Float
        /// The object's number; absent without an object.
        let track: Int?

        init(_ point: Observation) {
            time = UTCTime.rfc3339(point.timeMs)
            box = Area(point.box)
            surprise = point.surprise
            track = point.track
        }
    }

    /// What only an anomaly has.
    private struct Anomaly: Encodable, Sendable {
        let startStreamMs: Int64
        let lastSeenStreamMs: Int64
        let frames: Int
        let surprise: Float
        let object: ObjectScores?
        let pixels: PixelScores?
        let objectLevel: Float
        let pixelLevel: Float
        /// At the peak.
        let box: Area
        let frameWidth: Int
        let frameHeight: Int
        let regime: String
        let model: String
        let profile: String
        let zones: [String]
        let continues: String?
        let track: [Point]?

        init(_ event: Event, track: Bool) {
            startStreamMs = event.startStreamMs
            lastSeenStreamMs = event.lastSeenStreamMs
            frames = event.frames
            surprise = event.surprise
            object = event.objectPeak
            pixels = event.pixelPeak
            objectLevel = event.objectLevel
            pixelLevel = event.pixelLevel
            box = Area(event.peak.box)
            frameWidth = event.width
            frameHeight = event.height
            regime = event.regime.rawValue
            model = event.provenance.model
            profile = event.provenance.profile
            zones = event.zones
            continues = event.continues?.description
            self.track = track ? event.track.map(Point.init) : nil
        }

        private enum CodingKeys: String, CodingKey {
            case frames, surprise, object, pixels, box, regime, model, profile, zones, continues, track
            case startStreamMs = "start_stream_ms"
            case lastSeenStreamMs = "last_seen_stream_ms"
            case objectLevel = "object_level"
            case pixelLevel = "pixel_level"
            case frameWidth = "frame_width"
            case frameHeight = "frame_height"
        }
    }
}
