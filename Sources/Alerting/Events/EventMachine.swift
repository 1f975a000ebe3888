public import Analysis
public import Basics
internal import Imaging

/// Turns one camera's verdicts into events: a pure state machine that returns what the shell around it must do.
///
/// The same verdicts, ticks and seed give the same events, byte for byte; nothing here reads a clock. Evidence that
/// touches is one place. A place is followed from frame to frame, so that flicker at different places never adds up and
/// a moving thing stays one event. See `EventRules` for when an event opens and closes.
///
/// One thread at a time: the camera's own queue.
public struct EventMachine: Sendable {
    public let camera: String
    public private(set) var rules: EventRules
    /// Written into events that open from now on; change it when a new profile takes over.
    public var provenance: Provenance
    /// Places that had enough evidence for an event but had to wait: too many open, or a regime that had not settled.
    /// Counted per frame.
    public private(set) var delayed: UInt64 = 0

    /// The rules with the thresholds of the last verdict's regime.
    private var active: EventRules
    private var ids: EventIDGenerator
    private var tracker = ObjectTracker()
    private var incidents: [Incident] = []
    private var accepted: [AcceptedPlace] = []
    /// False alarms of the operator whose places were accepted once.
    private var falseAlarms: Set<EventID> = []
    /// Stream time since the first verdict: the sum of forward steps, whatever the timestamps do.
    private var elapsed: Duration = .zero
    private var last: (presentationTime: Duration, arrival: MonotonicTime)?
    private var regime: (current: Regime, since: Duration)?
    /// Of the last verdict's frame.
    private var size: (width: Int, height: Int)?

    /// Incidents followed at once, open or not; evidence beyond is dropped, the least surprising first.
    private static let incidentLimit = 32
    private static let acceptedLimit = 32

    public init(camera: String, rules: EventRules, provenance: Provenance, ids: EventIDGenerator) {
        rules.check()
        self.camera = camera
        self.rules = rules
        active = rules
        self.provenance = provenance
        self.ids = ids
    }

    /// Events open now, oldest first.
    public var openEvents: [Event] { incidents.compactMap(\.event).sorted { $0.id < $1.id } }

    /// Whether some place has evidence of late that is not confirmed, or an open event: the next frames matter.
    public var isSuspicious: Bool { !incidents.isEmpty }

    /// Takes other rules from the next verdict on; what is under way goes on.
    public mutating func use(_ rules: EventRules) {
        rules.check()
        self.rules = rules
    }

    /// Accepts the places of these events, which the operator called false alarms, until what stands there changes or is
    /// gone; those of events that are no longer among them count again.
    public mutating func accept(_ events: [Event]) {
        let ids = Set(events.map(\.id))
        accepted.removeAll { $0.isByOperator && !ids.contains($0.event) }
        for event in events where !falseAlarms.contains(event.id) {
            accept(AcceptedPlace(event, track: nil, byOperator: true, at: elapsed))
        }
        falseAlarms = ids
    }

    // MARK: - Inputs

    /// Takes the next verdict of this camera.
    public mutating func ingest(_ verdict: Verdict) -> [EventAction] {
        var actions: [EventAction] = []
        let step = advance(to: verdict)
        if step >= rules.quietTime { actions += closeAll(.streamStopped, at: elapsed) }
        elapsed += step
        scale(to: verdict)
        active = rules.inForce(in: verdict.regime)
        if verdict.light.isSwitching || verdict.isViewHidden {
            // Nobody can tell what happens in such a picture, so nothing opens, and nothing closes either.
            for index in incidents.indices { incidents[index].pause(for: step) }
            tracker.pause(for: step)
            return actions
        }
        if regime?.current != verdict.regime {
            // The first regime of all needs no time to settle.
            regime = (verdict.regime, regime == nil ? elapsed - rules.settleTime : elapsed)
        }

        actions += match(evidence(of: verdict, after: step), verdict)
        actions += openConfirmed(verdict)
        actions += closeFinished()
        incidents.removeAll { [active] in $0.event == nil && $0.strongFrames(active) == 0 }
        return actions
    }

    /// Tells the time while no verdicts come, so that events close when the stream stands still. Call it about once a
    /// second; `now` is on the clock of `Verdict.arrival`.
    public mutating func tick(_ now: MonotonicTime) -> [EventAction] {
        guard let last, now - last.arrival >= rules.quietTime, !incidents.isEmpty else { return [] }
        return closeAll(.streamStopped, at: elapsed + (now - last.arrival))
    }

    /// Ends every open event at its true last sight: the camera is lost, the recording is over, or the daemon stops.
    public mutating func stop(_ reason: CloseReason) -> [EventAction] { closeAll(reason, at: elapsed) }

    // MARK: - Time

    /// How far stream time moved on. Timestamps that go back, as after a reconnection, count as the time that passed
    /// between the arrivals.
    private mutating func advance(to verdict: Verdict) -> Duration {
        defer { last = (verdict.presentationTime, verdict.arrival) }
        guard let last else { return .zero }
        let step = verdict.presentationTime - last.presentationTime
        return step >= .zero ? step : max(.zero, verdict.arrival - last.arrival)
    }

    /// A stream may change the size of its pictures; what is followed moves along.
    private mutating func scale(to verdict: Verdict) {
        defer { size = (verdict.width, verdict.height) }
        guard let size, size != (verdict.width, verdict.height) else { return }
        let (x, y) = (Float(verdict.width) / Float(size.width), Float(verdict.height) / Float(size.height))
        for index in incidents.indices { incidents[index].scale(x: x, y: y) }
        tracker.scale(x: x, y: y)
    }

    // MARK: - Places

    private mutating func evidence(of verdict: Verdict, after step: Duration) -> [Evidence] {
        for index in accepted.indices where verdict.isJudged && accepted[index].regime == verdict.regime {
            accepted[index].quiet += step
        }
        accepted.removeAll { $0.quiet >= rules.maximumDuration }
        let finds = Evidence.Finds(verdict, active)
        let tracks = tracker.follow(finds.objects.map(\.object.box), at: elapsed, patience: rules.quietTime)
        let pieces = finds.pieces(tracks: tracks).filter { piece in
            let place = piece.box.inShares(width: verdict.width, height: verdict.height)
            let index = accepted.firstIndex { $0.swallows(piece, at: place, margin: rules.acceptedMargin) }
            guard let index else { return true }
            accepted[index].quiet = .zero
            return false
        }
        let distance = rules.mergeDistance * Float(max(verdict.width, verdict.height))
        return Evidence.fused(pieces, distance: distance)
    }

    /// Gives each place to the incident that it continues best; what is left starts a candidate.
    private mutating func match(_ places: [Evidence], _ verdict: Verdict) -> [EventAction] {
        for index in incidents.indices { incidents[index].nextFrame() }
        var matched = [Int?](repeating: nil, count: incidents.count)
        var left = Set(places.indices)
        for pair in pairs(places) where matched[pair.incident] == nil && left.contains(pair.place) {
            matched[pair.incident] = pair.place
            left.remove(pair.place)
        }

        var seen = matched.map { $0.map { places[$0] } }
        absorbPieces(places, &left, into: &seen)

        var actions: [EventAction] = []
        for (index, evidence) in seen.enumerated() {
            guard let evidence else { continue }
            incidents[index].see(evidence, at: elapsed, verdict, active)
            if let event = incidents[index].event { actions.append(.update(event)) }
        }
        for place in left.sorted() where incidents.count < Self.incidentLimit {
            let evidence = places[place]
            guard evidence.objectReaches(active.objects.enter) || evidence.pixelsReach(active.pixels.enter) else {
                continue
            }
            incidents.append(Incident(evidence, at: elapsed, verdict, active))
        }
        return actions
    }

    /// A second piece of the same thing, torn off in this frame, belongs to it and starts nothing new.
    private func absorbPieces(_ places: [Evidence], _ left: inout Set<Int>, into seen: inout [Evidence?]) {
        for place in left.sorted() {
            let piece = places[place]
            let owner = incidents.indices.first {
                seen[$0] != nil && incidents[$0].motion.box.overlap(with: piece.box) >= 0.5
            }
            guard let owner, let whole = seen[owner]?.box.union(with: piece.box) else { continue }
            left.remove(place)
            // It grows back together, unless something else stands between the pieces.
            let others = left.map { places[$0].box } + seen.indices.filter { $0 != owner }.compactMap { seen[$0]?.box }
            let isFree = others.allSatisfy { $0.intersection(with: whole).area == 0 }
            seen[owner]?.absorb(piece, growing: isFree)
        }
    }

    /// All incidents with the places that may continue them: open events first, then the best fit, then the oldest.
    private func pairs(_ places: [Evidence]) -> [(incident: Int, place: Int, affinity: Float)] {
        var pairs: [(incident: Int, place: Int, affinity: Float)] = []
        for incident in incidents.indices {
            let forecast = incidents[incident].motion.forecast(at: elapsed)
            for place in places.indices {
                guard let affinity = forecast.affinity(places[place].box, allowsParts: true) else { continue }
                pairs.append((incident, place, affinity))
            }
        }
        let isOpen = incidents.map { $0.event != nil }
        pairs.sort { left, right in
            if isOpen[left.incident] != isOpen[right.incident] { return isOpen[left.incident] }
            if left.affinity != right.affinity { return left.affinity > right.affinity }
            return (left.incident, left.place) < (right.incident, right.place)
        }
        return pairs
    }

    // MARK: - Opening and closing

    private mutating func openConfirmed(_ verdict: Verdict) -> [EventAction] {
        var actions: [EventAction] = []
        var open = incidents.count { $0.event != nil }
        for index in incidents.indices where incidents[index].event == nil {
            // Only a frame that shows it opens an event.
            guard incidents[index].isSeen, incidents[index].strongFrames(active) >= active.confirmFrames else {
                continue
            }
            guard open < rules.maximumOpen, isSettled else {
                delayed += 1
                continue
            }
            let id = ids.next(wallTimeMs: verdict.wallTimeMs)
            let event = incidents[index].open(
                id, continues: predecessor(of: incidents[index]), verdict, provenance, active)
            actions.append(.open(event))
            let place = event.box.inShares(width: event.width, height: event.height)
            accepted.removeAll { $0.isTakenOver(by: place) }
            open += 1
        }
        return actions
    }

    /// The event that rolled over and goes on as this one; the newest when there are several.
    private mutating func predecessor(of incident: Incident) -> EventID? {
        guard let index = accepted.lastIndex(where: { $0.isContinued(by: incident) }) else { return nil }
        accepted[index].isContinued = true
        return accepted[index].event
    }

    private mutating func accept(_ place: AcceptedPlace) {
        if accepted.count == Self.acceptedLimit { accepted.removeFirst() }
        accepted.append(place)
    }

    private var isSettled: Bool { regime.map { elapsed - $0.since >= rules.settleTime } ?? true }

    private mutating func closeFinished() -> [EventAction] {
        var actions: [EventAction] = []
        for index in incidents.indices {
            guard let event = incidents[index].event else { continue }
            if elapsed - incidents[index].motion.lastSeen >= rules.quietTime {
                actions += close(index, .quiet, at: elapsed)
            } else if elapsed - incidents[index].start >= rules.maximumDuration {
                accept(AcceptedPlace(event, track: incidents[index].lastTrack, byOperator: false, at: elapsed))
                actions += close(index, .rollover, at: elapsed)
            }
        }
        incidents.removeAll(where: \.isClosed)
        return actions
    }

    private mutating func closeAll(_ reason: CloseReason, at time: Duration) -> [EventAction] {
        let actions = incidents.indices.flatMap { close($0, reason, at: time) }
        incidents.removeAll()
        return actions
    }

    private mutating func close(_ index: Int, _ reason: CloseReason, at time: Duration) -> [EventAction] {
        guard let event = incidents[index].close(reason, at: time) else { return [] }
        return [.close(event)]
    }
}
