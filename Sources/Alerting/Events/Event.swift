public import Analysis
public import Imaging

/// Which detector saw it.
public enum EventKind: String, Sendable, Codable, CaseIterable {
    /// An unknown object (OLN-SSOS).
    case object
    /// Anomalous pixels (PixOOD).
    case pixel
    /// Both detectors at the same place.
    case both
}

/// Where an event is in its life.
public enum EventState: String, Sendable, Codable, CaseIterable {
    case open
    case closed
    /// The daemon stopped or died while the event was open: nobody saw its end.
    case interrupted
}

/// Why an event is no longer open.
public enum CloseReason: String, Sendable, Codable, CaseIterable {
    /// Nothing anomalous at its place for the quiet time.
    case quiet
    /// The stream delivered no frames for the quiet time.
    case streamStopped = "stream-stopped"
    /// Capture declared the camera lost.
    case cameraLost = "camera-lost"
    /// The recording ended.
    case endOfStream = "end-of-stream"
    /// The picture or the stream is in order again.
    case restored
    /// What the camera shows is its normal picture from now on.
    case accepted
    /// The same outage turned out to be of another kind.
    case replaced
    /// It reached the maximum duration; its place is accepted until it changes.
    case rollover
    /// The daemon was told to stop.
    case shutdown
    /// The daemon died; found at the next start.
    case crash

    /// The state that an event has after closing for this reason.
    public var state: EventState {
        switch self {
        case .quiet, .streamStopped, .cameraLost, .endOfStream, .restored, .accepted, .replaced, .rollover: .closed
        case .shutdown, .crash: .interrupted
        }
    }
}

/// Raw scores of an unknown object; see `ScoredObject`.
public struct ObjectScores: Sendable, Hashable, Codable {
    public let objectness: Float
    public let anomaly: Float
    public let surprise: Float
    /// Pixels of the analysed frame that it covers; nil from a detector without masks.
    public let maskedPixels: Int?

    public init(objectness: Float, anomaly: Float, surprise: Float, maskedPixels: Int? = nil) {
        self.objectness = objectness
        self.anomaly = anomaly
        self.surprise = surprise
        self.maskedPixels = maskedPixels
    }

    private enum CodingKeys: String, CodingKey {
        case objectness, anomaly, surprise
        case maskedPixels = "masked_pixels"
    }
}

/// Raw scores of an anomalous region; see `AnomalousRegion`.
public struct PixelScores: Sendable, Hashable, Codable {
    public let score: Float
    public let cells: Int
    public let surprise: Float

    public init(score: Float, cells: Int, surprise: Float) {
        self.score = score
        self.cells = cells
        self.surprise = surprise
    }
}

/// What one analysed frame showed of an event: a point of its track.
public struct Observation: Sendable, Hashable, Codable {
    /// Unix milliseconds UTC: the event's start plus elapsed stream time.
    public let timeMs: Int64
    /// Position on the stream's own clock in milliseconds.
    public let streamMs: Int64
    /// The frame's sequence number.
    public let sequence: UInt64
    /// In pixels of the analysed frame.
    public let box: Box
    /// The most surprising object inside the box, if any.
    public let object: ObjectScores?
    /// The most surprising region inside the box, if any.
    public let pixels: PixelScores?
    /// The number of that object's track: counted per camera from 1, anew in every run; nil without an object.
    public let track: Int?

    public init(
        timeMs: Int64, streamMs: Int64, sequence: UInt64, box: Box, object: ObjectScores?, pixels: PixelScores?,
        track: Int? = nil
    ) {
        self.timeMs = timeMs
        self.streamMs = streamMs
        self.sequence = sequence
        self.box = box
        self.object = object
        self.pixels = pixels
        self.track = track
    }

    /// The higher surprise of the two detectors.
    public var surprise: Float { max(object?.surprise ?? 0, pixels?.surprise ?? 0) }
}

/// Which model and which profile judged.
public struct Provenance: Sendable, Hashable, Codable {
    public let model: String
    public let profile: String

    public init(model: String, profile: String) {
        self.model = model
        self.profile = profile
    }
}

/// One incident: something anomalous at one place, from its first to its last sight.
public struct Event: Sendable, Hashable, Codable, Identifiable {
    public let id: EventID
    public let camera: String
    public internal(set) var kind: EventKind
    public internal(set) var state: EventState
    /// Nil while open.
    public internal(set) var reason: CloseReason?

    /// The first frame that showed it, in Unix milliseconds UTC.
    public let startMs: Int64
    /// The last frame that showed it: `startMs` plus elapsed stream time, so never before it.
    public internal(set) var lastSeenMs: Int64
    /// When it was closed; nil while open, and for interrupted events, whose end nobody saw.
    public internal(set) var endMs: Int64?
    /// The first and the last frame on the stream's own clock, in milliseconds.
    public let startStreamMs: Int64
    public internal(set) var lastSeenStreamMs: Int64

    /// Where it was seen last, in pixels of the analysed frame (`width` x `height`).
    public internal(set) var box: Box
    public let width: Int
    public let height: Int

    /// The most surprising frame: its point, as in the track.
    public internal(set) var peak: Observation
    /// The most surprising object and region of the whole event, for thresholding again later.
    public internal(set) var objectPeak: ObjectScores?
    public internal(set) var pixelPeak: PixelScores?
    /// The surprise that objects and regions held in `confirmFrames` of `confirmWindow` frames: with an enter threshold
    /// above it the event would not have opened. 0 for a detector that saw nothing, or not for long enough.
    public internal(set) var objectLevel: Float
    public internal(set) var pixelLevel: Float
    /// Analysed frames that showed it.
    public internal(set) var frames: Int

    public let regime: Regime
    public let provenance: Provenance

    /// Names of the include zones that it touched, in the order of the settings; at most `ZoneMap.includeLimit`.
    public package(set) var zones: [String] = []
    /// The event that this one goes on from: it reached the maximum duration, and its thing moved on or changed.
    public package(set) var continues: EventID?

    /// Points in time order, thinned to at most about two per second; the first frame is always there, and so are the first
    /// frames of its first objects.
    public package(set) var track: [Observation]

    /// The surprise of the peak.
    public var surprise: Float { peak.surprise }
    /// The numbers of its objects' tracks, the earliest first; as far as they are in `track` and `peak`.
    public var tracks: [Int] {
        var seen: Set<Int> = []
        return (track + [peak]).compactMap(\.track).filter { seen.insert($0).inserted }
    }
    /// From the first to the last sight.
    public var duration: Duration { .milliseconds(lastSeenMs - startMs) }
}

/// What the machine asks the shell around it to do.
public enum EventAction: Sendable, Hashable {
    /// Commit, announce, take a snapshot.
    case open(Event)
    /// Seen again; replaces what is stored.
    case update(Event)
    /// Final.
    case close(Event)

    public var event: Event {
        switch self {
        case .open(let event), .update(let event), .close(let event): event
        }
    }
}
