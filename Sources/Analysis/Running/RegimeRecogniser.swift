internal import Basics
package import Imaging

/// Tells from one camera's frames which regime its light is in, and when it is switching.
///
/// A switch begins with the first frame in which most of the picture differs from the moment before, and ends when the
/// picture has stood still for a moment, at the latest after `longestSwitch`. What drifts slowly is never a switch. A
/// regime that changes without one, such as fog that turns white, has to contradict the old one clearly and for long:
/// infrared lamps and filters always act at once, so there is no hurry.
///
/// Time is that of the frames; nothing here reads a clock. One thread at a time: the camera's own queue.
package struct RegimeRecogniser: Sendable {
    /// How long the picture stands still until a switch is over.
    private static let settling: Duration = .milliseconds(1500)
    /// A switch is over after this long whatever the picture does.
    private static let longestSwitch: Duration = .seconds(10)
    /// What is undone within this time was a damaged frame, or lightning.
    private static let glitch: Duration = .seconds(1)
    /// How long a regime without a switch must be contradicted before it is given up.
    private static let slowChange: Duration = .seconds(60)
    /// After a longer gap, frames are not compared any more.
    private static let longestGap: Duration = .seconds(10)
    /// A thermal picture that stands still to the last bit for this long, but not for longer than any switch takes, has
    /// its shutter closed.
    private static let frozenShutter = Duration.milliseconds(400)..<longestSwitch
    /// What counts as time when timestamps go back.
    private static let frameStep: Duration = .milliseconds(40)
    /// Seconds over which the picture that new frames are compared with is averaged.
    private static let memory: Float = 0.3
    /// Blocks of 64 that must change at once: more than any single thing covers that passes by.
    private static let mostBlocks = 39
    /// Changes of fewer blocks are people and cars, not light that still moves.
    private static let restingBlocks = 26
    private static let restingStrictness: Float = 0.4

    private struct Switch {
        let since: Duration
        /// What the picture was before; a glitch returns to it.
        let before: PictureStatistics
    }

    /// The last steady regime.
    private var regime: Regime?
    private var change: Switch?
    /// Stream time since the first frame: forward steps only.
    private var elapsed: Duration = .zero
    private var last: (time: Duration, fingerprint: Int)?
    /// The picture of the last moment, averaged.
    private var reference: PictureStatistics?
    /// The picture at its last movement as a whole, and when that was.
    private var anchor: PictureStatistics?
    private var restingSince: Duration = .zero
    /// Since when samples have been the same to the last bit.
    private var frozenSince: Duration = .zero
    /// Until when no switch begins after one that had to be ended, unless the picture rests before: light that flickers
    /// for hours is a switch now and then.
    private var disarmedUntil: Duration?
    private var lastGlitch: Duration?
    /// Since when the colours have contradicted the regime.
    private var contradictedSince: Duration?

    package init() {}

    /// Takes the camera's next frame, at its presentation time; returns what the light is doing in this frame.
    package mutating func observe(_ pixels: PixelBuffer, at time: Duration) -> Light {
        let look = PictureStatistics(pixels)
        defer { last = (time, look.fingerprint) }
        guard let regime, let last, let reference else {
            let first = look.regime
            regime = first
            restart(with: look)
            return .steady(first)
        }
        let step = time - last.time
        let isBroken =
            step < .zero || step > Self.longestGap || look.format != reference.format
            || look.width != reference.width || look.height != reference.height
        elapsed += step < .zero ? Self.frameStep : step
        if isBroken { return resume(with: look, after: regime, reference) }
        track(look, isSame: look.fingerprint == last.fingerprint)
        if change != nil { return duringSwitch(look, from: regime) }
        if jumps(look, from: reference) { return begin(look, from: regime, before: reference) }
        return steady(look, in: regime, step: step)
    }

    // MARK: - States

    private mutating func steady(_ look: PictureStatistics, in regime: Regime, step: Duration) -> Light {
        if let until = disarmedUntil, elapsed >= until || elapsed - restingSince >= Self.settling {
            disarmedUntil = nil
        }
        let seconds = Float(step.nanoseconds) * 1e-9
        reference?.follow(look, share: seconds / (seconds + Self.memory))
        guard look.contradicts(regime) else {
            contradictedSince = nil
            return .steady(regime)
        }
        let since = contradictedSince ?? elapsed
        contradictedSince = since
        guard elapsed - since >= Self.slowChange else { return .steady(regime) }
        return settle(in: regime.opposite, look)
    }

    private mutating func begin(_ look: PictureStatistics, from regime: Regime, before: PictureStatistics) -> Light {
        change = Switch(since: elapsed, before: before)
        (anchor, restingSince) = (look, elapsed)
        return .switching(from: regime, to: look.regime(after: regime, before))
    }

    private mutating func duringSwitch(_ look: PictureStatistics, from regime: Regime) -> Light {
        guard let change else { return .steady(regime) }
        let next = look.regime(after: regime, change.before)
        if elapsed - restingSince >= Self.settling { return settle(in: next, look) }
        if elapsed - change.since >= Self.longestSwitch {
            disarmedUntil = elapsed + Self.slowChange
            return settle(in: next, look)
        }
        if isGlitch(look, change) {
            lastGlitch = elapsed
            self.change = nil
            reference = change.before
            return .steady(regime)
        }
        return .switching(from: regime, to: next)
    }

    private mutating func settle(in regime: Regime, _ look: PictureStatistics) -> Light {
        self.regime = regime
        change = nil
        reference = look
        contradictedSince = nil
        return .steady(regime)
    }

    /// After a gap or another break there is nothing to compare with; only another regime makes it a switch.
    private mutating func resume(
        with look: PictureStatistics, after regime: Regime, _ earlier: PictureStatistics
    ) -> Light {
        let next = look.regime(after: regime, change?.before ?? earlier)
        restart(with: look)
        if let change {
            guard elapsed - change.since >= Self.longestSwitch else { return .switching(from: regime, to: next) }
            return settle(in: next, look)
        }
        return next == regime ? .steady(regime) : begin(look, from: regime, before: earlier)
    }

    private mutating func restart(with look: PictureStatistics) {
        (reference, anchor) = (look, look)
        (restingSince, frozenSince) = (elapsed, elapsed)
        contradictedSince = nil
    }

    // MARK: - Signs

    /// Keeps track of how long the picture has been at rest, and how long it has been frozen.
    private mutating func track(_ look: PictureStatistics, isSame: Bool) {
        if !isSame { frozenSince = elapsed }
        let moved = anchor.map { look.changed(from: $0, strictness: Self.restingStrictness) } ?? 0
        if moved > Self.restingBlocks || isFrozen(look) { (anchor, restingSince) = (look, elapsed) }
    }

    private func isFrozen(_ look: PictureStatistics) -> Bool {
        look.format == .gray16 && Self.frozenShutter.contains(elapsed - frozenSince)
    }

    private func jumps(_ look: PictureStatistics, from reference: PictureStatistics) -> Bool {
        guard disarmedUntil == nil else { return false }
        return isFrozen(look) || look.changed(from: reference, strictness: 1) >= Self.mostBlocks
            || look.hasColour(since: reference) || reference.hasColour(since: look)
    }

    /// Whether the picture is what it was before the switch, so soon that nothing can have been switched. Not twice in a
    /// row: what comes and goes all the time flickers.
    private func isGlitch(_ look: PictureStatistics, _ change: Switch) -> Bool {
        elapsed - change.since <= Self.glitch && lastGlitch.map { elapsed - $0 >= Self.longestSwitch } ?? true
            && !isFrozen(look)
            && look.changed(from: change.before, strictness: Self.restingStrictness) <= Self.restingBlocks
    }
}
