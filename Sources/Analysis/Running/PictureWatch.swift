package import Imaging

/// Watches whether a camera's pictures as a whole still show what they should: a pure state machine over the frames.
///
/// It needs no profile. The first pictures of each regime become a reference, which follows slow changes; a picture is
/// compared with the references of all regimes, block by block and blind to brightness and contrast, so that neither
/// lights nor exposure nor fog hide what is still there. What is seen must stay for a while before a condition begins, and
/// be gone for a while before it ends; see `PictureRules`. Of the conditions that concern the view one holds at a time;
/// `frozen` goes beside them.
///
/// The same frames give the same conditions; nothing here reads a clock. One thread at a time: the camera's own queue.
package struct PictureWatch: Sendable {
    /// What one picture shows.
    private enum Sight: Equatable {
        /// Nothing can be said: not yet learned, or there is too little structure.
        case unclear
        case known
        /// Recognised in part: too much to report it, too little to call it in order.
        case partial
        /// Hardly recognised, but nothing to report: it faded slowly.
        case faded
        case wrong(PictureCondition)
    }

    /// What counts as time when timestamps go back.
    private static let frameStep: Duration = .milliseconds(40)

    let rules: PictureRules
    /// Conditions that hold now.
    package private(set) var present: Set<PictureCondition> = []
    /// Whether the last frame did not show the known view, although that may pass.
    private var isDoubtful = false

    private var look: PictureLook?
    private var references: [Regime: PictureReference] = [:]
    private var repeats = RepeatWatch()
    private var last: Duration?
    /// Stream time since the first frame: forward steps only, gaps left out.
    private var elapsed: Duration = .zero
    /// The share of the structure recognised of late, and whether it was lost at once; nil while it is not lost.
    private var trend: Float = 1
    private var wasSudden: Bool?
    private var lastBright: Duration?
    private var darkFor: Duration = .zero
    /// How long the view has been gone without having been lost at once.
    private var fadedFor: Duration = .zero
    /// In which the view was recognised last.
    private var regime: Regime?
    private var evidence: [PictureCondition: Duration] = [:]
    private var healthy: Duration = .zero
    /// When the condition of the view began.
    private var began: Duration = .zero
    /// The view since it is strange.
    private var candidate: PictureReference?
    /// The operator said that darkness is normal here.
    private var mayBeDark = false
    private var isAccepting = false

    package init(rules: PictureRules = PictureRules()) { self.rules = rules }

    /// Whether the known view is hidden in the last frame, for good or for now.
    package var isViewHidden: Bool { isDoubtful || present.contains(where: \.hidesView) }

    /// The operator called a condition a false alarm: with the next frame, what the camera shows now becomes normal.
    package mutating func accept() { isAccepting = true }

    /// Takes the camera's next frame, at its presentation time and under the light that `RegimeRecogniser` sees.
    package mutating func observe(_ pixels: PixelBuffer, at time: Duration, light: Light) -> [PictureChange] {
        if look == nil { look = PictureLook(pixels) } else { look?.read(pixels) }
        guard let look else { return [] }
        let step = advance(to: time)
        var changes: [PictureChange] = isAccepting ? acceptAll(look, light) : []
        if let known = references.values.first, (known.look.format == .gray16) != (look.format == .gray16) {
            changes += startOver()
        }
        repeats.observe(look, step: step, rules)
        changes += judgeRepeats()
        // In a picture whose light is switching nobody can tell.
        guard !light.isSwitching else { return changes }
        let sight = sight(of: look, light.regime, step)
        isDoubtful = if case .wrong(let condition) = sight { condition.hidesView } else { false }
        follow(look, sight, light.regime, step)
        changes += judge(sight, step)
        changes += acceptScene(light.regime)
        return changes
    }

    // MARK: - Time

    private mutating func advance(to time: Duration) -> Duration {
        defer { last = time }
        guard let last else { return .zero }
        let step = time < last ? Self.frameStep : time - last
        guard step <= rules.longestGap else {
            evidence = [:]
            healthy = .zero
            repeats.interrupt()
            return .zero
        }
        elapsed += step
        return step
    }

    // MARK: - One picture

    private mutating func sight(of look: PictureLook, _ regime: Regime, _ step: Duration) -> Sight {
        if let dark = darkness(of: look, step) { return dark }
        let known = references.values.filter { $0.isLearned(rules) }.map { ($0, $0.compare(look, rules)) }
        guard let (reference, best) = known.max(by: { $0.1.kept < $1.1.kept }) else { return .unclear }
        guard best.known >= rules.leastKnown, reference.usual >= rules.leastUsual else { return .unclear }
        defer { trend += (best.kept - trend) * min(1, Float(step / rules.sudden)) }
        if best.kept >= rules.lost {
            wasSudden = nil
            if isSoft(best) { return .wrong(.defocused) }
            guard best.kept >= rules.restored else { return .partial }
            self.regime = regime
            return .known
        }
        let sudden = wasSudden ?? (trend - best.kept >= rules.suddenLoss)
        wasSudden = sudden
        guard sudden else { return .faded }
        let kind = kind(of: best)
        return kind == .sceneChanged && isFirstSight(of: look, in: regime) ? .unclear : .wrong(kind)
    }

    /// Whether a strange but sharp view is the known one in a light that was never seen before, such as the infrared
    /// lamp's: that the camera is turned in the same moment is far less likely.
    private func isFirstSight(of look: PictureLook, in regime: Regime) -> Bool {
        guard regime != self.regime else { return false }
        guard let reference = references[regime] else { return true }
        return !reference.isLearned(rules) && reference.compare(look, rules).kept >= rules.restored
    }

    private func isSoft(_ comparison: PictureReference.Comparison) -> Bool {
        let limit = present.contains(.defocused) ? rules.sharp : rules.soft
        return comparison.detailed >= rules.leastDetailed && comparison.softened >= rules.softBlocks
            && comparison.sharpness <= limit
    }

    /// What kind of picture it is in which nothing is recognised.
    private func kind(of comparison: PictureReference.Comparison) -> PictureCondition {
        let flat = PictureLook.blockCount - comparison.structured
        if flat >= rules.plainBlocks, comparison.flatSpread <= rules.plainSpread { return .sprayed }
        let isSharp = comparison.sharpness >= rules.strangeSharpness
        if isSharp, Float(comparison.structured) >= rules.strangeStructure * Float(comparison.known) {
            return .sceneChanged
        }
        return !isSharp && comparison.layout >= rules.layout ? .defocused : .obstructed
    }

    /// Nil for a picture that is not black.
    private mutating func darkness(of look: PictureLook, _ step: Duration) -> Sight? {
        guard look.format != .gray16 else { return nil }
        let mean = look.level.sum() / Float(PictureLook.blockCount)
        if mean >= rules.bright { lastBright = elapsed }
        let black = PictureLook.Samples.count((look.level .< rules.black) .& .!look.structured)
        guard black >= PictureLook.blockCount - rules.clockBlocks else {
            darkFor = .zero
            return nil
        }
        darkFor += step
        guard !mayBeDark else { return .faded }
        if present.contains(.dark) || evidence[.dark, default: .zero] > .zero { return .wrong(.dark) }
        if let lastBright, elapsed - lastBright <= rules.darkFall { return .wrong(.dark) }
        let hasLamp = references[.infraredNight]?.isLearned(rules) ?? false
        return hasLamp && darkFor >= rules.lampFailedAfter ? .wrong(.dark) : .faded
    }

    // MARK: - What is known

    private mutating func follow(_ look: PictureLook, _ sight: Sight, _ regime: Regime, _ step: Duration) {
        switch sight {
        case .wrong(.dark): break
        case .faded where darkFor > .zero: break
        case .wrong, .faded:
            if candidate == nil { candidate = PictureReference(look) }
            candidate?.follow(look, step: step, rules)
        case .known: candidate = nil
        case .unclear, .partial: break
        }
        fadedFor = sight == .faded && darkFor == .zero ? fadedFor + step : .zero
        guard [.known, .unclear, .partial].contains(sight), present.isSubset(of: [.frozen]) else { return }
        references[regime, default: PictureReference(look)].follow(look, step: step, rules)
    }

    // MARK: - Conditions

    private mutating func judge(_ sight: Sight, _ step: Duration) -> [PictureChange] {
        for condition in PictureCondition.allCases {
            let soFar = evidence[condition, default: .zero]
            evidence[condition] = sight == .wrong(condition) ? soFar + step : max(.zero, soFar - step * 2)
        }
        if let open = present.first(where: { $0 != .frozen }) {
            // Darkness is over with any light, whatever it shows.
            let isHealthy = open == .dark ? darkFor == .zero : sight == .known || sight == .unclear
            healthy = isHealthy ? healthy + step : .zero
            if healthy >= rules.recovery { return [end(open, .restored)] }
            guard open != .sceneChanged, sight == .wrong(.sceneChanged), isStaying,
                let age = evidence[.sceneChanged], age >= rules.persistence(.sceneChanged)
            else { return [] }
            return [end(open, .restored), begin(.sceneChanged, age: age)]
        }
        guard case .wrong(let condition) = sight, let age = evidence[condition], age >= rules.persistence(condition),
            condition != .sceneChanged || isStaying
        else { return [] }
        return [begin(condition, age: age)]
    }

    /// Whether the strange view stands still, as a view does.
    private var isStaying: Bool { candidate.map { $0.usual >= rules.leastUsual } ?? false }

    private mutating func judgeRepeats() -> [PictureChange] {
        if present.contains(.frozen) {
            guard !repeats.isFrozen else { return [] }
            present.remove(.frozen)
            return [PictureChange(.frozen, .restored, age: .zero)]
        }
        // What covers the lens may well stand still to the last bit.
        guard repeats.isFrozen, present.isEmpty else { return [] }
        present.insert(.frozen)
        return [PictureChange(.frozen, .begins, age: repeats.run)]
    }

    private mutating func begin(_ condition: PictureCondition, age: Duration) -> PictureChange {
        present.insert(condition)
        (began, healthy) = (elapsed, .zero)
        return PictureChange(condition, .begins, age: age)
    }

    private mutating func end(_ condition: PictureCondition, _ step: PictureChange.Step) -> PictureChange {
        present.remove(condition)
        evidence = [:]
        return PictureChange(condition, step, age: step == .restored ? healthy : .zero)
    }

    // MARK: - Acceptance

    private mutating func acceptScene(_ regime: Regime) -> [PictureChange] {
        let isOpen = present.contains(.sceneChanged)
        guard isOpen ? elapsed - began >= rules.acceptance : fadedFor >= rules.acceptance, isStaying, let candidate
        else { return [] }
        // What came slowly and stays, such as snow, is the view from now on, too.
        references = [regime: candidate]
        self.candidate = nil
        fadedFor = .zero
        return isOpen ? [end(.sceneChanged, .accepted)] : []
    }

    private mutating func acceptAll(_ look: PictureLook, _ light: Light) -> [PictureChange] {
        isAccepting = false
        if present.contains(.dark) { mayBeDark = true }
        if present.contains(.frozen) { repeats.accept() }
        if present.contains(where: { $0 != .frozen && $0 != .dark }) {
            references = candidate.map { [light.regime: $0] } ?? [:]
        }
        candidate = nil
        return present.sorted { $0.rawValue < $1.rawValue }.map { end($0, .accepted) }
    }

    /// The samples mean something else from now on.
    private mutating func startOver() -> [PictureChange] {
        references = [:]
        candidate = nil
        repeats.interrupt()
        return present.sorted { $0.rawValue < $1.rawValue }.map { end($0, .accepted) }
    }
}
