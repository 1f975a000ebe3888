internal import Analysis
internal import Basics
internal import Imaging

/// One place under watch: a candidate first, an event once confirmed.
struct Incident {
    /// Nil while it is a candidate.
    private(set) var event: Event?
    /// It was an event and does not go on as a candidate.
    private(set) var isClosed = false
    /// Where it was seen last.
    private(set) var box: Box
    /// Stream time elapsed when it was seen first and last.
    let start: Duration
    private(set) var lastSeen: Duration
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
    /// Pixels per second.
    private var velocity: (x: Float, y: Float) = (0, 0)

    init(_ evidence: Evidence, at elapsed: Duration, _ verdict: Verdict, _ rules: EventRules) {
        box = evidence.box
        start = elapsed
        lastSeen = elapsed
        startMs = verdict.wallTimeMs
        see(evidence, at: elapsed, verdict, rules)
    }

    // MARK: - Frames

    /// Before any `see` of a frame.
    mutating func nextFrame() {
        strong <<= 1
        recent.nextFrame()
    }

    /// Time in which the picture could not be judged.
    mutating func pause(for duration: Duration) { lastSeen += duration }

    mutating func see(_ evidence: Evidence, at elapsed: Duration, _ verdict: Verdict, _ rules: EventRules) {
        let objectIsStrong = evidence.objectReaches(rules.objects.enter)
        let pixelsAreStrong = evidence.pixelsReach(rules.pixels.enter)
        if objectIsStrong || pixelsAreStrong { strong |= 1 }
        objectFrames += objectIsStrong ? 1 : 0
        pixelFrames += pixelsAreStrong ? 1 : 0
        recent.see(evidence, rules)
        follow(evidence.box, at: elapsed)
        let observation = Observation(
            timeMs: timeMs(at: elapsed), streamMs: verdict.presentationTime.milliseconds,
            sequence: verdict.sequence, box: evidence.box, object: evidence.object, pixels: evidence.pixels)
        if event == nil {
            // A candidate that waits for another event to close must not pile up points.
            if waiting.count == 64 { waiting.remove(at: 1) }
            waiting.append(observation)
        } else {
            record(observation, rules)
        }
    }

    /// Unix milliseconds: the first frame's wall time plus elapsed stream time, so that a stepped clock does no harm.
    func timeMs(at elapsed: Duration) -> Int64 { startMs + max(0, (elapsed - start).milliseconds) }

    // MARK: - Life

    func strongFrames(_ rules: EventRules) -> Int {
        let window = rules.confirmWindow == 64 ? UInt64.max : (1 << UInt64(rules.confirmWindow)) - 1
        return (strong & window).nonzeroBitCount
    }

    mutating func open(_ id: EventID, _ verdict: Verdict, _ provenance: Provenance, _ rules: EventRules) -> Event {
        let first = waiting[0]
        var event = Event(
            id: id, camera: verdict.camera, kind: .object, state: .open, reason: nil, startMs: startMs,
            lastSeenMs: startMs, endMs: nil, startStreamMs: first.streamMs, lastSeenStreamMs: first.streamMs,
            box: first.box, width: verdict.width, height: verdict.height, peak: first, objectPeak: nil,
            pixelPeak: nil, objectLevel: 0, pixelLevel: 0, frames: 0, regime: verdict.regime, provenance: provenance,
            continues: nil, track: [])
        event.track.reserveCapacity(waiting.count)
        self.event = event
        for observation in waiting { record(observation, rules) }
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

    private mutating func record(_ observation: Observation, _ rules: EventRules) {
        guard var event else { return }
        // Let go of the stored copy, so that the track is not copied when it grows.
        self.event = nil
        event.kind = kind(rules)
        event.lastSeenMs = observation.timeMs
        event.lastSeenStreamMs = max(event.lastSeenStreamMs, observation.streamMs)
        event.box = observation.box
        event.frames += 1
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
        if event.track.last.map({ observation.timeMs - $0.timeMs >= spacing }) ?? true {
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

    // MARK: - Place

    private mutating func follow(_ seen: Box, at elapsed: Duration) {
        let seconds = Float((elapsed - lastSeen).milliseconds) / 1000
        if seconds > 0 {
            let step = (x: seen.centre.x - box.centre.x, y: seen.centre.y - box.centre.y)
            velocity.x = (velocity.x + step.x / seconds) / 2
            velocity.y = (velocity.y + step.y / seconds) / 2
        }
        box = seen
        lastSeen = elapsed
    }

    /// How well evidence fits as the continuation of this incident: above 1 when it overlaps the last or the predicted
    /// place, between 0 and 1 when only its centre is near enough, nil when it is somewhere else.
    func affinity(_ evidence: Evidence, at elapsed: Duration) -> Float? {
        // The prediction goes no further than one second: a lost thing does not fly on.
        let seconds = min(1, Float((elapsed - lastSeen).milliseconds) / 1000)
        let predicted = box.moved(x: velocity.x * seconds, y: velocity.y * seconds)
        let iou = max(box.iou(with: evidence.box), predicted.iou(with: evidence.box))
        let overlap = max(box.overlap(with: evidence.box), predicted.overlap(with: evidence.box))
        if iou >= 0.1 || overlap >= 0.3 { return 1 + iou + overlap / 2 }

        let areas = (smaller: min(box.area, evidence.box.area), larger: max(box.area, evidence.box.area))
        guard areas.larger <= 4 * areas.smaller else { return nil }
        let reach = 0.75 * max(max(box.width, box.height), max(evidence.box.width, evidence.box.height))
        let distance = min(box.centreDistance(to: evidence.box), predicted.centreDistance(to: evidence.box))
        return distance < reach ? 1 - distance / reach : nil
    }
}

extension Box {
    func centreDistance(to other: Box) -> Float {
        let (dx, dy) = (centre.x - other.centre.x, centre.y - other.centre.y)
        return (dx * dx + dy * dy).squareRoot()
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
