internal import Basics
internal import Dispatch

/// What concerns the box itself.
extension EventWriter {
    /// Looks after clock and room once a second from now on, keeps a reserve beside the database, and removes what is older
    /// or more than `rules` allow.
    public func keep(_ rules: RetentionRules = RetentionRules()) {
        use(rules)
        let now = ClockWatch.Reading(clocks)
        state.withLock {
            $0.epochs.watch(from: now)
            $0.isKeeping = true
        }
        queue.async { @Sendable in self.look() }
    }

    private func look() {
        lookAtClock()
        lookAtRoom()
        retainIfDue()
        queue.asyncAfter(deadline: .now() + .seconds(1)) { @Sendable [weak self] in self?.look() }
    }

    /// One line and one event for each time that the wall clock is set.
    package func lookAtClock() {
        let now = ClockWatch.Reading(clocks)
        guard let step = state.withLock({ $0.epochs.look(now) }) else { return }
        let way = step > 0 ? "forward" : "back"
        let words = "the clock was set \(way) by \(Self.length(step.magnitude))"
        distrustClock(step)
        report(.news(StoreNews(.warning, words)))
        recordBox(.clockStepped, detail: words, lasts: false)
    }

    /// Stores an event of the box.
    /// - Parameter lasts: it is over only when it is closed.
    @discardableResult
    func recordBox(_ kind: CameraEventKind, detail: String, lasts: Bool) -> CameraEvent {
        let now = clocks.wallTimeMs()
        let id = state.withLock { $0.boxIDs.next(wallTimeMs: now) }
        let event = CameraEvent(
            id: id, camera: CameraEvent.box, kind: kind, state: lasts ? .open : .closed,
            reason: lasts ? nil : .restored, startMs: now, lastSeenMs: now, endMs: lasts ? nil : now, detail: detail)
        enqueue(.camera(event), isOpening: true, [])
        return event
    }

    private static func length(_ milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        let parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min")]
        let whole = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        let tenths = milliseconds % 60_000 / 100
        let rest = tenths > 0 || whole.isEmpty ? "\(tenths / 10).\(tenths % 10) s" : ""
        return [whole, rest].filter { !$0.isEmpty }.joined(separator: " ")
    }
}
