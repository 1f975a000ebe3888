import Alerting
import Analysis
import Basics
import Imaging

/// Random inputs of an event machine, and what must hold of its answers whatever they are.
struct RandomLife {
    /// What the sequence is about; `mixed` is about everything.
    enum Shape: String, CaseIterable, Sendable {
        case walk, burst, jump, regimes, hidden, zones, labels, rules, rollover, stops, sizes, lone, mixed
    }

    enum Input {
        case verdict(Verdict)
        case tick(MonotonicTime)
        case stop(CloseReason)
        case use(EventRules)
        case accept([Event])
    }

    private struct Thing {
        var x: Float
        var y: Float
        var dx: Float
        var dy: Float
        let size: Float
        let surprise: Float
        let isObject: Bool
    }

    let shape: Shape
    let seed: UInt64
    private(set) var inputs: [Input] = []
    /// What the machine did on each input.
    private(set) var answers: [[EventAction]] = []
    /// The first thing that was wrong.
    private(set) var fault: String?

    private var random: SeededGenerator
    private var machine: EventMachine
    private var watcher: LifeWatcher
    private var things: [Thing] = []
    private var now: Duration = .zero
    private var stream: Duration = .zero
    private var wallMs: Int64 = 1_760_000_000_000
    private var size = (width: 640, height: 360)
    private var regime = Regime.day
    private var sequence: UInt64 = 0

    static let camera = "yard"

    /// Runs a sequence and ends it by a stop.
    init(_ shape: Shape, seed: UInt64) {
        self.shape = shape
        self.seed = seed
        random = SeededGenerator(seed: seed)
        let rules = Self.rules(shape, &random)
        machine = Self.machine(rules, seed: seed)
        watcher = LifeWatcher(rules)
        inputs.reserveCapacity(32)
        for _ in 0..<(6 + random.index(below: 14)) where fault == nil { step() }
        take(.stop(random.index(below: 3) == 0 ? .shutdown : .endOfStream))
        if fault == nil { fault = watcher.end(machine) }
    }

    static func machine(_ rules: EventRules, seed: UInt64) -> EventMachine {
        EventMachine(
            camera: camera, rules: rules, provenance: Provenance(model: "m", profile: "p"),
            ids: EventIDGenerator(seed: seed))
    }

    /// The same inputs to a new machine; `through` may take a verdict on a detour.
    func replay(through: (Verdict) throws -> Verdict = { $0 }) rethrows -> [[EventAction]] {
        var random = SeededGenerator(seed: seed)
        var machine = Self.machine(Self.rules(shape, &random), seed: seed)
        return try inputs.map { input in
            switch input {
            case .verdict(let verdict): return machine.ingest(try through(verdict))
            case .tick(let now): return machine.tick(now)
            case .stop(let reason): return machine.stop(reason)
            case .use(let rules):
                machine.use(rules)
                return []
            case .accept(let events):
                machine.accept(events)
                return []
            }
        }
    }

    // MARK: - Rules

    private static func rules(_ shape: Shape, _ random: inout SeededGenerator) -> EventRules {
        let exit = Float(random.uniform(in: 1..<3))
        var rules = EventRules(
            objects: .init(enter: exit + 1, exit: exit), pixels: .init(enter: exit + 1.5, exit: exit + 0.2))
        rules.confirmWindow = 1 + random.index(below: 5)
        rules.confirmFrames = 1 + random.index(below: min(3, rules.confirmWindow))
        rules.quietTime = .milliseconds(300 + random.index(below: 1500))
        let isShort = shape == .rollover || random.index(below: 4) == 0
        rules.maximumDuration = rules.quietTime + .milliseconds(100 + random.index(below: isShort ? 600 : 20_000))
        rules.settleTime = .milliseconds(random.index(below: 600))
        rules.maximumOpen = 1 + random.index(below: 4)
        rules.acceptedMargin = Float(random.uniform(in: 0..<1.5))
        if shape == .regimes {
            rules.regimes[.infraredNight] = .init(
                objects: .init(enter: 5, exit: 2), pixels: .init(enter: 4, exit: 3.5))
        }
        if shape == .zones || shape == .mixed { rules.zones = zones(&random) }
        return rules
    }

    private static func zones(_ random: inout SeededGenerator) -> ZoneMap {
        ZoneMap(
            (0..<random.index(below: 5)).compactMap { index in
                let (x, y) = (random.uniform(in: 0..<0.8), random.uniform(in: 0..<0.8))
                let (right, bottom) = (
                    min(1, x + random.uniform(in: 0.1..<0.7)), min(1, y + random.uniform(in: 0.1..<0.7))
                )
                let points = [(x, y), (right, y), ((x + right) / 2, bottom), (x, bottom)]
                let kinds: [Zone.Kind] = [.include, .include, .ignore, .ignore, .privacy]
                return (try? Polygon(points.map { Polygon.Point($0.0, $0.1) })).map {
                    Zone(name: "z\(index)", kind: kinds[random.index(below: kinds.count)], polygon: $0)
                }
            })
    }

    // MARK: - Inputs

    private func isAbout(_ shapes: Shape...) -> Bool { shape == .mixed || shapes.contains(shape) }

    private mutating func step() {
        if isAbout(.stops), random.index(below: 8) == 0 {
            let reasons: [CloseReason] = [.cameraLost, .endOfStream, .shutdown]
            return take(.stop(reasons[random.index(below: reasons.count)]))
        }
        if isAbout(.stops, .jump), random.index(below: 8) == 0 {
            now += .milliseconds(random.index(below: 3000))
            return take(.tick(MonotonicTime(nanoseconds: now.nanoseconds)))
        }
        if isAbout(.rules), random.index(below: 6) == 0 {
            let rules = Self.rules(random.index(below: 2) == 0 ? .zones : .rules, &random)
            return take(.use(rules))
        }
        if isAbout(.labels), random.index(below: 5) == 0 {
            let known = watcher.known
            return take(.accept(known.filter { _ in random.index(below: 2) == 0 }))
        }
        pass()
        take(.verdict(verdict()))
    }

    /// Time and things go on.
    private mutating func pass() {
        let step = Duration.milliseconds(60 + random.index(below: 340))
        now += step
        stream += step
        wallMs += step.milliseconds
        if isAbout(.jump), random.index(below: 6) == 0 {
            let jump = Duration.milliseconds(random.index(below: 8000))
            switch random.index(below: 4) {
            case 0: stream += jump
            case 1: stream -= jump
            case 2: now += jump
            default: wallMs += Int64(random.index(below: 7_200_000)) - 3_600_000
            }
        }
        if isAbout(.regimes), random.index(below: 5) == 0 { regime = regime == .day ? .infraredNight : .day }
        if isAbout(.sizes), random.index(below: 5) == 0 {
            size = size.width == 640 ? (1280, 720) : random.index(below: 2) == 0 ? (640, 360) : (320, 240)
        }
        let most = shape == .lone ? 1 : isAbout(.burst) ? 8 : 4
        if things.count < most, random.index(below: shape == .lone ? 2 : 3) == 0 || things.isEmpty {
            things.append(thing())
        }
        if things.count > 1, random.index(below: 8) == 0 { things.remove(at: random.index(below: things.count)) }
        for index in things.indices {
            things[index].x += things[index].dx
            things[index].y += things[index].dy
        }
    }

    /// In shares of the picture.
    private mutating func thing() -> Thing {
        let speed = shape == .rollover && random.index(below: 2) == 0 ? 0 : 0.02
        return Thing(
            x: Float(random.uniform()), y: Float(random.uniform()),
            dx: Float(speed * random.uniform(in: -1..<1)), dy: Float(speed * random.uniform(in: -1..<1)),
            size: Float(random.uniform(in: 0.04..<0.2)),
            // A lone thing is never lost, so that nobody can take it for two.
            surprise: Float(random.uniform(in: shape == .lone ? 4..<7 : 1..<7)),
            isObject: shape == .lone || random.index(below: 3) > 0)
    }

    private mutating func verdict() -> Verdict {
        var objects: [ScoredObject] = []
        var regions: [AnomalousRegion] = []
        for thing in things {
            let surprise = thing.surprise + Float(random.uniform(in: -1..<1))
            guard shape == .lone || random.index(below: 6) > 0 else { continue }
            let jitter = 1 + Float(random.uniform(in: -0.05..<0.05))
            let box = Box(
                x1: thing.x * Float(size.width), y1: thing.y * Float(size.height),
                x2: (thing.x + thing.size * jitter) * Float(size.width),
                y2: (thing.y + 1.5 * thing.size * jitter) * Float(size.height))
            if thing.isObject {
                objects.append(ScoredObject(box: box, objectness: 0.8, anomaly: 0.9, surprise: surprise))
            }
            if !thing.isObject || random.index(below: 3) == 0 {
                regions.append(AnomalousRegion(box: box, cells: 4, score: 0.9, surprise: surprise))
            }
        }
        if isAbout(.burst) {
            for _ in 0..<random.index(below: 6) {
                let (x, y) = (Float(random.index(below: 600)), Float(random.index(below: 330)))
                regions.append(
                    AnomalousRegion(
                        box: Box(x1: x, y1: y, x2: x + 20, y2: y + 20), cells: 1, score: 0.9,
                        surprise: Float(random.uniform(in: 1..<9))))
            }
        }
        defer { sequence += 1 }
        let isSwitching = isAbout(.regimes) && random.index(below: 8) == 0
        return Verdict(
            camera: Self.camera, sequence: sequence, presentationTime: stream,
            arrival: MonotonicTime(nanoseconds: now.nanoseconds), wallTimeMs: wallMs, width: size.width,
            height: size.height, light: isSwitching ? .switching(from: .day, to: regime) : .steady(regime),
            isViewHidden: isAbout(.hidden) && random.index(below: 4) == 0,
            objects: objects.sorted { $0.surprise > $1.surprise },
            regions: regions.sorted { $0.surprise > $1.surprise }, map: .none, timings: StageTimings())
    }

    private mutating func take(_ input: Input) {
        inputs.append(input)
        var answer: [EventAction] = []
        switch input {
        case .verdict(let verdict): answer = machine.ingest(verdict)
        case .tick(let now): answer = machine.tick(now)
        case .stop(let reason): answer = machine.stop(reason)
        case .use(let rules):
            machine.use(rules)
            watcher.rules = rules
        case .accept(let events): machine.accept(events)
        }
        answers.append(answer)
        if fault == nil { fault = watcher.check(answer, after: input, isAlone: shape == .lone) }
    }
}
