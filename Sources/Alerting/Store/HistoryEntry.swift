/// One event of the history, of either sort.
public enum HistoryEntry: Sendable, Hashable {
    /// Something unknown in the view.
    case anomaly(Event)
    /// Something wrong with the camera itself.
    case camera(CameraEvent)

    public var id: EventID {
        switch self {
        case .anomaly(let event): event.id
        case .camera(let event): event.id
        }
    }

    public var camera: String {
        switch self {
        case .anomaly(let event): event.camera
        case .camera(let event): event.camera
        }
    }

    /// As it is printed.
    public var kind: String {
        switch self {
        case .anomaly(let event): event.kind.rawValue
        case .camera(let event): event.kind.rawValue
        }
    }

    public var state: EventState {
        switch self {
        case .anomaly(let event): event.state
        case .camera(let event): event.state
        }
    }

    public var reason: CloseReason? {
        switch self {
        case .anomaly(let event): event.reason
        case .camera(let event): event.reason
        }
    }

    public var startMs: Int64 {
        switch self {
        case .anomaly(let event): event.startMs
        case .camera(let event): event.startMs
        }
    }

    public var lastSeenMs: Int64 {
        switch self {
        case .anomaly(let event): event.lastSeenMs
        case .camera(let event): event.lastSeenMs
        }
    }

    public var endMs: Int64? {
        switch self {
        case .anomaly(let event): event.endMs
        case .camera(let event): event.endMs
        }
    }

    public var duration: Duration { .milliseconds(lastSeenMs - startMs) }

    /// The track's length; 0 for a camera's own.
    var points: Int {
        switch self {
        case .anomaly(let event): event.track.count
        case .camera: 0
        }
    }
}
