public import Analysis

/// What keeps a camera from showing its view, or the box from keeping its history.
public enum CameraEventKind: String, Sendable, Codable, Hashable, CaseIterable {
    /// It cannot be reached, stopped sending, or closed the connection.
    case lost
    /// It refuses the user name or the password.
    case refused
    /// It answers, but has no video that can be shown at the address.
    case noVideo = "no-video"
    /// What it sends is damaged beyond recovery.
    case damaged
    /// See `PictureCondition`.
    case frozen, dark, obstructed, sprayed, defocused
    case sceneChanged = "scene-changed"
    /// There is no room for everything that should be stored.
    case diskFull = "disk-full"
    /// Somebody or something set the box's clock.
    case clockStepped = "clock-stepped"
    /// What was stored is damaged; a new history began.
    case historyDamaged = "history-damaged"

    public init(_ condition: PictureCondition) {
        self =
            switch condition {
            case .frozen: .frozen
            case .dark: .dark
            case .obstructed: .obstructed
            case .sprayed: .sprayed
            case .defocused: .defocused
            case .sceneChanged: .sceneChanged
            }
    }

    /// Whether it concerns the stream, and not the picture.
    public var isOfStream: Bool {
        switch self {
        case .lost, .refused, .noVideo, .damaged: true
        case .frozen, .dark, .obstructed, .sprayed, .defocused, .sceneChanged: false
        case .diskFull, .clockStepped, .historyDamaged: false
        }
    }
}

/// One time during which a camera did not show what it should.
public struct CameraEvent: Sendable, Hashable, Codable, Identifiable {
    /// Stands for the camera's name in events that concern the box itself; no camera can be named so.
    public static let box = "(box)"

    public let id: EventID
    public let camera: String
    public let kind: CameraEventKind
    public internal(set) var state: EventState
    /// Nil while open.
    public internal(set) var reason: CloseReason?
    /// When it began, in Unix milliseconds UTC.
    public let startMs: Int64
    /// When it was certain last that it lasts: `startMs` plus elapsed time, so never before it.
    public internal(set) var lastSeenMs: Int64
    /// When it was over; nil while open, and for interrupted ones, whose end nobody saw.
    public internal(set) var endMs: Int64?
    /// What was reported, for people; without credentials. Empty for what a picture shows by itself.
    public let detail: String

    public var duration: Duration { .milliseconds(lastSeenMs - startMs) }
}

/// What the machine asks the shell around it to do.
public enum CameraEventAction: Sendable, Hashable {
    /// Commit, announce, take a snapshot.
    case open(CameraEvent)
    /// It lasts; replaces what is stored.
    case update(CameraEvent)
    /// Final.
    case close(CameraEvent)

    public var event: CameraEvent {
        switch self {
        case .open(let event), .update(let event), .close(let event): event
        }
    }
}
