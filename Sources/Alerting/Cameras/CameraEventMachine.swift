public import Analysis
public import Basics

/// When trouble becomes a camera event.
public struct CameraEventRules: Sendable, Hashable {
    /// A camera that is away for a shorter time is a matter of counters, not of events.
    public var lostAfter: Duration = .seconds(2)
    /// It is back when this many frames have arrived.
    public var goodFrames = 3
    /// How often the last sight of what lasts is stored.
    public var updateSpacing: Duration = .seconds(5)

    public init() {}
}

/// Turns what capture and `PictureWatch` report of one camera into camera events: a pure state machine that returns what
/// the shell around it must do.
///
/// At most one event of each kind is open, and at most one that concerns the stream: an outage that turns out to be a
/// refused password ends as `replaced`. Pictures' conditions come with their own persistence and open at once. While the
/// stream is away nobody sees the picture, so events of the picture neither end nor are seen. The same inputs and seed give
/// the same events; nothing here reads a clock. One thread at a time.
public struct CameraEventMachine: Sendable {
    /// A point in time on both clocks: durations are monotonic, only starts are wall time.
    public struct Instant: Sendable, Hashable {
        public let monotonic: MonotonicTime
        public let wallMs: Int64

        public init(_ monotonic: MonotonicTime, wallMs: Int64) {
            self.monotonic = monotonic
            self.wallMs = wallMs
        }
    }

    private struct Open {
        var event: CameraEvent
        let start: MonotonicTime
        var stored: MonotonicTime
    }

    private struct Trouble {
        let kind: CameraEventKind
        let since: Instant
        var detail: String
    }

    public let camera: String
    private let rules: CameraEventRules
    private var ids: EventIDGenerator
    private var open: [CameraEventKind: Open] = [:]
    /// The stream's trouble, open as an event or not yet.
    private var trouble: Trouble?
    private var goodFrames = 0

    public init(camera: String, rules: CameraEventRules = CameraEventRules(), ids: EventIDGenerator) {
        self.camera = camera
        self.rules = rules
        self.ids = ids
    }

    /// Events open now, oldest first.
    public var openEvents: [CameraEvent] { open.values.map(\.event).sorted { $0.id < $1.id } }

    // MARK: - Inputs

    /// The stream is in trouble; reported again with every attempt that fails.
    /// - Parameters:
    ///   - kind: one that concerns the stream.
    ///   - isFinal: there will be no other attempt, so there is nothing to wait for.
    public mutating func troubled(
        _ kind: CameraEventKind, detail: String, isFinal: Bool = false, at now: Instant
    ) -> [CameraEventAction] {
        precondition(kind.isOfStream)
        goodFrames = 0
        if trouble?.kind != kind { trouble = Trouble(kind: kind, since: now, detail: detail) }
        trouble?.detail = detail
        return confirm(at: now, delay: isFinal ? .zero : rules.lostAfter) + refresh(at: now)
    }

    /// A good frame has arrived.
    public mutating func sawFrame(at now: Instant) -> [CameraEventAction] {
        goodFrames += 1
        trouble = nil
        let closed = goodFrames >= rules.goodFrames ? close(.restored, at: now) { $0.isOfStream } : []
        return closed + refresh(at: now) { !$0.isOfStream }
    }

    /// A condition of the picture began or ended.
    public mutating func note(_ change: PictureChange, at now: Instant) -> [CameraEventAction] {
        let kind = CameraEventKind(change.condition)
        switch change.step {
        case .begins:
            let age = max(.zero, change.age)
            let start = Instant(now.monotonic + (.zero - age), wallMs: now.wallMs - age.milliseconds)
            return begin(kind, since: start, detail: "", at: now)
        case .restored: return close(.restored, at: now) { $0 == kind }
        case .accepted: return close(.accepted, at: now) { $0 == kind }
        }
    }

    /// Tells the time; call it about once a second while no frames come.
    public mutating func tick(_ now: Instant) -> [CameraEventAction] {
        confirm(at: now, delay: rules.lostAfter) + refresh(at: now) { $0.isOfStream }
    }

    /// The recording is over, or the daemon stops.
    public mutating func stop(_ reason: CloseReason, at now: Instant) -> [CameraEventAction] {
        close(reason, at: now) { _ in true }
    }

    // MARK: - Opening and closing

    private mutating func confirm(at now: Instant, delay: Duration) -> [CameraEventAction] {
        guard let trouble, open[trouble.kind] == nil, now.monotonic - trouble.since.monotonic >= delay else {
            return []
        }
        return close(.replaced, at: now) { $0.isOfStream }
            + begin(trouble.kind, since: trouble.since, detail: trouble.detail, at: now)
    }

    private mutating func begin(
        _ kind: CameraEventKind, since start: Instant, detail: String, at now: Instant
    ) -> [CameraEventAction] {
        guard open[kind] == nil else { return [] }
        var event = CameraEvent(
            id: ids.next(wallTimeMs: start.wallMs), camera: camera, kind: kind, state: .open, reason: nil,
            startMs: start.wallMs, lastSeenMs: start.wallMs, endMs: nil, detail: detail)
        event.lastSeenMs += max(.zero, now.monotonic - start.monotonic).milliseconds
        open[kind] = Open(event: event, start: start.monotonic, stored: now.monotonic)
        return [.open(event)]
    }

    private mutating func close(
        _ reason: CloseReason, at now: Instant, where matches: (CameraEventKind) -> Bool
    ) -> [CameraEventAction] {
        open.values.filter { matches($0.event.kind) }.sorted { $0.event.id < $1.event.id }.map { closing in
            var event = closing.event
            open[event.kind] = nil
            event.state = reason.state
            event.reason = reason
            if reason.state == .closed {
                event.endMs = max(
                    event.lastSeenMs, event.startMs + max(.zero, now.monotonic - closing.start).milliseconds)
            }
            return .close(event)
        }
    }

    /// Notes that what is open was seen to last.
    private mutating func refresh(
        at now: Instant, where matches: (CameraEventKind) -> Bool = { $0.isOfStream }
    ) -> [CameraEventAction] {
        var actions: [CameraEventAction] = []
        for kind in CameraEventKind.allCases where matches(kind) && trouble.map({ $0.kind == kind }) ?? true {
            guard var lasting = open[kind], goodFrames == 0 || !kind.isOfStream else { continue }
            lasting.event.lastSeenMs = max(
                lasting.event.lastSeenMs,
                lasting.event.startMs + max(.zero, now.monotonic - lasting.start).milliseconds)
            if now.monotonic - lasting.stored >= rules.updateSpacing {
                lasting.stored = now.monotonic
                actions.append(.update(lasting.event))
            }
            open[kind] = lasting
        }
        return actions
    }
}
