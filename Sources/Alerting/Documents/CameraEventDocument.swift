internal import Basics

/// The published form of a camera event, version 1; keys are only ever added.
struct CameraEventDocument: Encodable {
    let schema = 1
    let type = "camera"
    let id: String
    let camera: String
    let kind: String
    let state: String
    let reason: String?
    let start: String
    let lastSeen: String
    let end: String?
    /// Absent where the kind says it all.
    let detail: String?
    let label: String?
    let note: String?

    init(_ event: CameraEvent, _ acknowledgement: Acknowledgement?) {
        id = event.id.description
        camera = event.camera
        kind = event.kind.rawValue
        state = event.state.rawValue
        reason = event.reason?.rawValue
        start = UTCTime.rfc3339(event.startMs)
        lastSeen = UTCTime.rfc3339(event.lastSeenMs)
        end = event.endMs.map(UTCTime.rfc3339)
        detail = event.detail.isEmpty ? nil : event.detail
        label = acknowledgement?.label.rawValue
        note = acknowledgement?.note
    }

    private enum CodingKeys: String, CodingKey {
        case schema, type, id, camera, kind, state, reason, start
        case lastSeen = "last_seen"
        case end, detail, label, note
    }
}
