internal import Analysis
internal import Basics
internal import Imaging

/// The published form of an event, version 1; keys are only ever added.
struct EventDocument: Encodable {
    struct Area: Encodable {
        let x: Float
        let y: Float
        let width: Float
        let height: Float
    }

    struct Point: Encodable {
        let time: String
        let box: Area
        let surprise: Float
    }

    let schema = 1
    let type = "anomaly"
    let id: String
    let camera: String
    let kind: String
    let state: String
    let reason: String?
    let start: String
    let lastSeen: String
    let end: String?
    let startStreamMs: Int64
    let lastSeenStreamMs: Int64
    let frames: Int
    let surprise: Float
    let object: ObjectScores?
    let pixels: PixelScores?
    let box: Area
    let frameWidth: Int
    let frameHeight: Int
    let regime: String
    let model: String
    let profile: String
    /// `false` or `confirm`; absent while nothing stands.
    let label: String?
    let note: String?
    let track: [Point]?

    init(_ event: Event, _ acknowledgement: Acknowledgement?, track: Bool) {
        id = event.id.description
        camera = event.camera
        kind = event.kind.rawValue
        state = event.state.rawValue
        reason = event.reason?.rawValue
        start = UTCTime.rfc3339(event.startMs)
        lastSeen = UTCTime.rfc3339(event.lastSeenMs)
        end = event.endMs.map(UTCTime.rfc3339)
        startStreamMs = event.startStreamMs
        lastSeenStreamMs = event.lastSeenStreamMs
        frames = event.frames
        surprise = event.surprise
        object = event.objectPeak
        pixels = event.pixelPeak
        box = Self.area(event.peak)
        frameWidth = event.width
        frameHeight = event.height
        regime = event.regime.rawValue
        model = event.provenance.model
        profile = event.provenance.profile
        label = acknowledgement?.label.rawValue
        note = acknowledgement?.note
        self.track =
            track
            ? event.track.map { Point(time: UTCTime.rfc3339($0.timeMs), box: Self.area($0), surprise: $0.surprise) }
            : nil
    }

    private static func area(_ observation: Observation) -> Area {
        let box = observation.box
        return Area(x: box.x1, y: box.y1, width: box.width, height: box.height)
    }

    private enum CodingKeys: String, CodingKey {
        case schema, type, id, camera, kind, state, reason, start
        case lastSeen = "last_seen"
        case end
        case startStreamMs = "start_stream_ms"
        case lastSeenStreamMs = "last_seen_stream_ms"
        case frames, surprise, object, pixels, box
        case frameWidth = "frame_width"
        case frameHeight = "frame_height"
        case regime, model, profile, label, note, track
    }
}
