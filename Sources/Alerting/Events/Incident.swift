internal import Analysis
internal import Basics
internal import Imaging

/// One place under watch: a candidate first, an event once confirmed.
struct Incident {
    /// Nil while it is a candidate.
    private(set) var event: Event?
    /// It was an event and does not go on as a candidate.
    private(set) var isClosed = false
    private(set) var motion: Motion
    /// Stream time elapsed when it was seen first.
    let start: Duration
    /// Where that was.
    let firstBox: Box
    /// Whether the newest frame shows it.
    private(set) var isSeen = false
    /// Its objects' tracks, the newest last.
    private(set) var tracks: [Int] = []
    /// Of the object seen last.
    private(set) var lastTrack: Int?
    /// Size of the frame that showed it first, in whose pixels its points are.
    private let width: Int
    private let height: Int
    private let startMs: Int64
    /// One bit per analysed frame, the newest lowest: whether it reached an enter threshold.
    private var strong: UInt64 = 0
    /// Frames in which each detector reached its enter threshold.
    private var objectFrames = 0
    private var pixelFrames = 0
    /// Surprise in the last analysed frames, the newest last; 0 where it was not seen.
    private var recent = Recent()
    /// Points seen while a candidate.
    private var waiting: [Observation] = []
    /// Include zones touched so far.
    private var zones: [String] = []

    /// Tracks of one incident that are told apart; a crowd is a crowd.
    private static let trackLimit = 16

    init(_ evidence: Evidence, at elapsed: Duration, _ verdict: Verdict, _ rules: EventRules) {
        motion = Motion(evidence.box, at: elapsed)
        start = elapsed
        firstBox = evidence.box.inShares(width: verdict.width, height: verdict.height)
        (width, height) = (verdict.width, verdict.height)
        startMs = verdict.wallTimeMs
        see(evidence, at: elapsed, verdict, rules)
    }

    // MARK: - Frames

    /// Before any `see` of a frame.
    mutating func nextFrame() {
        strong <<= 1
        isSeen = false
        recent.nextFrame()
    }

    /// See `Motion`.
    mutating func pause(for duration: Duration) { motion.pause(for: duration) }
    /// See `Motion`.
    mutating func scale(x: Float, y: Float) { motion.scale(x: x, y: y) }

    mutating func see(_ evidence: Evidence, at elapsed: Duration, _ verdict: Verdict, _ rules: EventRules) {
        let objectIsStrong = evidence.objectReaches(rules.objects.enter)
        let pixelsAreStrong = evidence.pixelsReach(rules.pixels.enter)
        if objectIsStrong || pixelsAreStrong { strong |= 1 }
        objectFrames += objectIsStrong ? 1 : 0
        pixelFrames += pixelsAreStrong ? 1 : 0
        recent.see(evidence, rules)
        motion.follow(evidence.box, at: elapsed)
        isSeen = true
        zones = rules.zones.adding(evidence.zones, to: zones)
        let isNewTrack = note(evidence.track)
        let isResized = verdict.width != width || verdict.height != height
        let box =
            isResized
            ? evidence.box.scaled(x: Float(width) / Float(verdict.width), y: Float(height) / Float(verdict.height))
            : evidence.box
        let observation = Observation(
            timeMs: timeMs(at: elapsed), streamMs: verdict.presentationTime.milliseconds,
            sequence: verdict.sequence, box: box, object: evidence.object, pixels: evidence.pixels,
            track: evidence.track)
        if event == nil {
            // A candidate that waits for another event to close must not pile up points.
            if waiting.count == 64 { waiting.remove(at: 1) }
            waiting.append(observation)
        } else {
            record(observation, isNewTrack: isNewTrack, rules)
        }
    }

    /// Returns whether this track is worth a point of its own.
    private mutating func note(_ track: Int?) -> Bool {
        lastTrack = track ?? lastTrack
        guard let track, tracks.count < Self.trackLimit, !tracks.contains(track) else { return false }
        tracks.append(track)
        return true
    }

    /// Unix milliseconds: the first frame's wall time plus elapsed stream time, so that a stepped clock does no harm.
    func timeMs(at elapsed: Duration) -> Int64 { startMs + max(0, (elapsed - start).milliseconds) }

    // MARK: - Life

    func strongFrames(_ rules: EventRules) -> Int {
        let window = rules.confirmWindow == 64 ? UInt64.max : (1 << UInt64(rules.confirmWindow)) - 1
        return (strong & window).nonzeroBitCount
    }

    /// - Parameter continues: the event that it goes on from.
    mutating func open(
        _ id: EventID, continues: EventID?, _ verdict: Verdict, _ provenance: Provenance, _ rules: EventRules
    ) -> Event {
        let first = waiting[0]
        var event = Event(
            id: id, camera: verdict.camera, kind: .object, state: .open, reason: nil, startMs: startMs,
            lastSeenMs: startMs, endMs: nil, startStreamMs: first.streamMs, lastSeenStreamMs: first.streamMs,
            box: first.box, width: width, height: height, peak: first, objectPeak: nil,
            pixelPeak: nil, objectLevel: 0, pixelLevel: 0, frames: 0, regime: verdict.regime, provenance: provenance,
            continues: continues, track: [])
        event.track.reserveCapacity(waiting.count)
        self.event = event
        var known: Set<Int> = []
        for observation in waiting {
            let isNewTrack = observation.track.map { known.insert($0).inserted } ?? false
            record(observation, isNewTrack: isNewTrack, rules)
        }
        waiting = []
        return self.event ?? event
    }

    mutating func close(_ reason: CloseReason, at elapsed: Duration) -> Event? {
        guard var closing = event else { return nil }
        closing.state = reason.state
        closing.reason = reason
        closing.endMs = reason.state == .closed ? max(closing.lastSeenMs, timeMs(at: elapsed)) : nil
        event = nil
        isClosed = true
        return closing
    }

    private mutating func record(_ observation: Observation, isNewTrack: Bool, _ rules: EventRules) {
        guard var event else { return }
        // Let go of the stored copy, so that the track is not copied when it grows.
        self.event = nil
        event.kind = kind(rules)
        event.lastSeenMs = observation.timeMs
        event.lastSeenStreamMs = max(event.lastSeenStreamMs, observation.streamMs)
        event.box = observation.box
        event.frames += 1
        event.zones = zones
        event.objectLevel = max(event.objectLevel, recent.objectLevel)
        event.pixelLevel = max(event.pixelLevel, recent.pixelLevel)
        if observation.surprise > event.peak.surprise { event.peak = observation }
        if let object = observation.object, object.surprise > event.objectPeak?.surprise ?? -1 {
            event.objectPeak = object
        }
        if let pixels = observation.pixels, pixels.surprise > event.pixelPeak?.surprise ?? -1 {
            event.pixelPeak = pixels
        }
        // Half a second, or as much as keeps the longest track near 1200 points.
        let spacing = max(500, rules.maximumDuration.milliseconds / 1200)
        if isNewTrack || event.track.last.map({ observation.timeMs - $0.timeMs >= spacing }) ?? true {
            event.track.append(observation)
        }
        self.event = event
    }

    /// A detector takes part in the kind once it alone would have confirmed the event, or when it is the only one.
    private func kind(_ rules: EventRules) -> EventKind {
        let object = objectFrames >= rules.confirmFrames || pixelFrames == 0
        let pixel = pixelFrames >= rules.confirmFrames || objectFrames == 0
        return object == pixel ? .both : object ? .object : .pixel
    }
}

/// What one place showed in the last analysed frames, and the surprise that it held for long enough to be confirmed.
struct Recent {
    private var objects: [Float] = []
    private var pixels: [Float] = []
    /// The highest enter threshold that the place would have passed so far.
    private(set) var objectLevel: Float = 0
    private(set) var pixelLevel: Float = 0

    mutating func nextFrame() {
        objects.append(0)
        pixels.append(0)
    }

    mutating func see(_ evidence: Evidence, _ rules: EventRules) {
        if objects.isEmpty { nextFrame() }
        objects[objects.count - 1] = evidence.object?.surprise ?? 0
        pixels[pixels.count - 1] = evidence.pixels?.surprise ?? 0
        objects.removeFirst(max(0, objects.count - rules.confirmWindow))
        pixels.removeFirst(max(0, pixels.count - rules.confirmWindow))
        objectLevel = max(objectLevel, Self.confirmed(objects, rules.confirmFrames))
        pixelLevel = max(pixelLevel, Self.confirmed(pixels, rules.confirmFrames))
    }

    /// The value that `frames` of the given ones reach.
    private static func confirmed(_ values: [Float], _ frames: Int) -> Float {
        guard values.count >= frames else { return 0 }
        return values.sorted(by: >)[frames - 1]
    }
}
