internal import Basics
internal import Imaging

/// What `LoadControl` knows and decides: pure, driven by the frames' arrivals.
struct LoadState: Sendable {
    /// One camera.
    struct Camera: Sendable {
        let rate: AnalysisRate
        /// Frames per second that its source gives, and how much computing each takes, in seconds; measured.
        var arriving: Double?
        var cost: Double?
        /// Where the present measurement of `arriving` began.
        fileprivate var anchor: (sequence: UInt64, at: MonotonicTime)?
        fileprivate var last: MonotonicTime?
        fileprivate var lastJudged: MonotonicTime?
        fileprivate var judged = 0
        fileprivate var movingUntil: MonotonicTime?
        fileprivate var isSuspect = false
        /// Frames per second that it gets now; nil: all that it wants.
        fileprivate(set) var share: Double?
        /// Frames that it may have judged now.
        fileprivate var credit = 1.0

        fileprivate init(_ rate: AnalysisRate) { self.rate = rate }

        /// Frames per second that it would have analysed.
        var wanted: Double? {
            guard let arriving else { return nil }
            return rate.framesPerSecond > 0 ? min(rate.framesPerSecond, arriving) : arriving
        }
    }

    /// Share of the lanes' time that is given away: the rest keeps the waiting short.
    private static let comfortable = 0.85
    /// Below this much of `comfortable`, time is no longer short.
    private static let relaxed = 0.88
    private static let shortAfter: Duration = .seconds(1)
    private static let relaxedAfter: Duration = .seconds(5)
    /// Shares are calculated again after this long, and when a camera's urgency changes.
    private static let planning: Duration = .milliseconds(200)
    /// What has moved is looked at closely for a while: it may have left something.
    private static let afterMovement: Duration = .seconds(5)
    /// A camera that sent nothing for longer wants nothing.
    private static let absence: Duration = .seconds(3)
    /// Seconds over which costs are averaged.
    private static let costMemory = 2.0
    /// Share of each judged frame in the average of the queue.
    private static let queueShare = 0.1
    /// A queue that is longer is not one of chance: the frames take more than is measured.
    private static let longestQueue = 3.0
    /// How the part of the time that is given away goes down in each planning with such a queue, and up without one.
    private static let (backing, recovering, leastEase) = (0.97, 1.03, 0.7)

    private let lanes: Double
    private(set) var cameras: [Int: Camera] = [:]
    private var nextID = 0
    private(set) var isShort = false
    /// Wanted time by time that there is.
    private(set) var demand = 0.0
    /// Since when `demand` has contradicted `isShort`.
    private var contradictedSince: MonotonicTime?
    /// Frames that were waiting before a frame on each lane, on average.
    private var queue = 0.0
    /// Part of the comfortable time that is given away while time is short.
    private var ease = 1.0
    private var now: MonotonicTime?
    private var planned: MonotonicTime?

    init(lanes: Int) { self.lanes = Double(lanes) }

    mutating func join(_ rate: AnalysisRate) -> Int {
        defer { nextID += 1 }
        cameras[nextID] = Camera(rate)
        return nextID
    }

    mutating func leave(_ id: Int) {
        cameras[id] = nil
        planned = nil
    }

    // MARK: - Frames

    mutating func gates(
        _ id: Int, _ sequence: UInt64, _ arrival: MonotonicTime, isMoving: Bool
    ) -> FrameLedger.GateReason? {
        guard var camera = cameras[id] else { return nil }
        now = max(now ?? arrival, arrival)
        let step = camera.last.map { arrival - $0 } ?? .zero
        camera.measure(sequence, arrival, afterGap: step > Self.absence)
        let urgency = urgency(camera)
        if isMoving { camera.movingUntil = arrival + Self.afterMovement }
        camera.last = arrival
        camera.credit = min(2, camera.credit + max(0, step.seconds) * (camera.share ?? 0))
        cameras[id] = camera
        if self.urgency(camera) != urgency { hurry(id) }
        plan()
        return take(id)
    }

    mutating func judged(_ id: Int, _ arrival: MonotonicTime, _ taken: LaneTime, isSuspect: Bool) {
        guard var camera = cameras[id] else { return }
        let cost = taken.held.seconds
        // As many frames were before this one on each lane.
        queue += (taken.waited.seconds / max(cost, 1e-6) - queue) * Self.queueShare
        let step = camera.lastJudged.map { max(0, (arrival - $0).seconds) } ?? 0
        camera.judged += 1
        // The first frames are slow: memory is touched for the first time.
        if let known = camera.cost, camera.judged > 3 {
            camera.cost = known + (cost - known) * step / (step + Self.costMemory)
        } else {
            camera.cost = min(cost, camera.cost ?? cost)
        }
        camera.lastJudged = arrival
        let hurries = isSuspect && !camera.isSuspect
        let changes = isSuspect != camera.isSuspect
        camera.isSuspect = isSuspect
        cameras[id] = camera
        if hurries { hurry(id) } else if changes { planned = nil }
    }

    /// The next frame of a camera is judged whatever its share was, which is calculated again.
    private mutating func hurry(_ id: Int) {
        planned = nil
        if let camera = cameras[id], urgency(camera) != .still {
            cameras[id]?.credit = max(1, camera.credit)
        }
    }

    /// Judges the frame if the camera's share allows it.
    private mutating func take(_ id: Int) -> FrameLedger.GateReason? {
        guard let camera = cameras[id], camera.share != nil, !camera.rate.isLossless else { return nil }
        // A little early is better than a whole frame late.
        guard camera.credit < 0.95 else {
            cameras[id]?.credit -= 1
            return nil
        }
        return urgency(camera) == .still ? .still : .load
    }

    // MARK: - Shares

    private func urgency(_ camera: Camera) -> FairShares.Urgency {
        if camera.isSuspect { return .suspect }
        guard camera.rate.motionGating != .never, let now else { return .moving }
        return camera.movingUntil.map { now < $0 } ?? false ? .moving : .still
    }

    private mutating func plan() {
        guard let now else { return }
        if let planned, now - planned < Self.planning { return }
        planned = now
        let present = cameras.filter { $0.value.last.map { now - $0 <= Self.absence } ?? false }
        let known = present.values.compactMap(\.cost)
        let usual = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
        // Lossless cameras take their turns without asking: what is left for the others is their share of the turns.
        let guests = present.values.count(where: \.rate.isLossless)
        let asking = present.filter { !$0.value.rate.isLossless && $0.value.wanted != nil }
        guard !asking.isEmpty else { return }
        let capacity = lanes * Self.comfortable * Double(asking.count) / Double(asking.count + guests)
        let ids = asking.keys.sorted()
        let demands = ids.compactMap { asking[$0].map { self.demand(of: $0, usualCost: usual) } }
        demand = demands.reduce(0) { $0 + $1.cost * $1.ceiling } / capacity * Self.comfortable
        judgeTime(now)
        let isJammed = isShort && queue > Self.longestQueue
        ease = min(1, max(Self.leastEase, ease * (isJammed ? Self.backing : Self.recovering)))
        let shares = isShort ? FairShares.rates(demands, capacity: capacity * ease) : demands.map(\.ceiling)
        for (index, id) in ids.enumerated() {
            let isFull = shares[index] >= demands[index].wanted * 0.995
            cameras[id]?.share = isFull ? nil : shares[index]
        }
    }

    private func demand(of camera: Camera, usualCost: Double) -> FairShares.Demand {
        FairShares.Demand(
            wanted: camera.wanted ?? 0, cost: camera.cost ?? usualCost, sweep: camera.rate.sweep.seconds,
            urgency: urgency(camera), isAlwaysGated: camera.rate.motionGating == .always)
    }

    /// Time is short, and no longer short, only when that has lasted.
    private mutating func judgeTime(_ now: MonotonicTime) {
        let limit = Self.comfortable * (isShort ? Self.relaxed : 1)
        guard (demand > limit) != isShort else {
            contradictedSince = nil
            return
        }
        let since = contradictedSince ?? now
        contradictedSince = since
        guard now - since >= (isShort ? Self.relaxedAfter : Self.shortAfter) else { return }
        isShort.toggle()
        contradictedSince = nil
    }
}

extension LoadState.Camera {
    /// Follows the rate at which frames come, those counted that nobody saw.
    fileprivate mutating func measure(_ sequence: UInt64, _ arrival: MonotonicTime, afterGap: Bool) {
        guard let anchor, !afterGap, sequence > anchor.sequence, arrival > anchor.at else {
            anchor = (sequence, arrival)
            return
        }
        let span = (arrival - anchor.at).seconds
        guard span >= 1 else { return }
        let measured = Double(sequence - anchor.sequence) / span
        arriving = arriving.map { ($0 + measured) / 2 } ?? measured
        self.anchor = (sequence, arrival)
    }
}

extension Duration {
    /// With fractions.
    var seconds: Double { self / .seconds(1) }
}
