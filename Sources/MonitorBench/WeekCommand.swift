import Alerting
import Analysis
import ArgumentParser
import Basics
import Evaluation
import Glibc
import Imaging
import ModelFiles
import Scenes
import Service

/// A week of one camera in fast-forward: two days to learn from, five to watch with a number of false alarms that the
/// operator will stand.
struct WeekCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "week",
        abstract: "Watch a compressed week of the procedural scene and compare false alarms with the budget.",
        discussion: """
            Hours are shorter than real ones by one factor, people walk at their real pace; a budget of one false alarm a \
            day is one per compressed day. No label is given: the monitor is on its own.
            """)

    @Option(help: "The model bundle.") var model = "Models/default"
    @Option(help: "Seconds of footage per day, at least 480.") var secondsPerDay = 1440.0
    @Option(help: "False alarms per compressed day.") var budget = 1.0
    @Option var seed: UInt64 = 1
    @Flag(help: "Print every event.") var verbose = false

    func validate() throws {
        guard secondsPerDay >= 480 else { throw ValidationError("--seconds-per-day must be at least 480") }
    }

    func run() throws {
        let clocks = SystemClocks()
        let week = SceneWeek(seed: seed, secondsPerDay: secondsPerDay)
        let engine = AnalysisEngine(model: try AnomalyModel(ModelBundle.open(path: model)), clocks: clocks)
        let folder = try TemporaryFolder()
        let store = ProfileStore(root: folder.path)
        var settings = CameraSettings(name: "week", source: SourceAddress("week"))
        settings.analysisRate = 0
        settings.falseAlarmsPerDay = budget * 86_400 / secondsPerDay
        var film = Film(week)

        let start = clocks.monotonic()
        let calm = Int(Double(SceneWeek.calmDays) * secondsPerDay * week.description.framesPerSecond)
        let plan = LearningPlan(sources: ["week"], framesPerSecond: 0, maximumFrames: calm, seed: 1, isRepeatable: true)
        let learner = try ProfileLearner(profile: "week", plan: plan, engine: engine, store: store)
        for index in 0..<calm { try learner.gather(film.frame(index)) }
        print("gathered \(learner.framesGathered) pictures in \(seconds(clocks, start)) s")
        let learned = try learner.learn(wallTimeMs: 0) { _ in }
        print("learned after \(seconds(clocks, start)) s")
        var proving = ProfileProving(learned, by: learner, engine: engine, rules: settings.confirmation)
        for index in 0..<calm { proving.take(film.frame(index)) }
        let record = try learner.install(learned, evidence: proving.finish().files())
        print("proven after \(seconds(clocks, start)) s")
        forecast(
            AlarmBudget(record, CameraCalibration.evidence("week", record, store: store)), settings, "after learning")

        var watch = Watch(settings, record, store: store)
        let profile = try CameraProfile.load("week", from: store, for: engine.model)
        var memory = CameraMemory()
        for index in calm..<week.description.frameCount {
            watch.take(engine.judge(film.frame(index), with: profile, memory: &memory))
        }
        let events = watch.finish()
        print("watched after \(seconds(clocks, start)) s")
        try watch.save()
        forecast(AlarmBudget(record, CameraCalibration.evidence("week", record, store: store)), settings, "at the end")
        report(events, film, week)
    }

    private func seconds(_ clocks: SystemClocks, _ start: MonotonicTime) -> Int64 {
        (clocks.monotonic() - start).components.seconds
    }

    private func forecast(_ calibrated: AlarmBudget, _ settings: CameraSettings, _ when: String) {
        let scale = secondsPerDay / 86_400
        for part in calibrated.forecasts(perDay: settings.falseAlarmsPerDay) {
            print(
                "\(when), \(part.regime.words): pixels \(part.pixels.enter), objects \(part.objects.enter); expected "
                    + "\(part.perDay * scale) a day (\(part.interval.lowerBound * scale) to "
                    + "\(part.interval.upperBound * scale) with 90 %), from \(part.days / scale) days, \(part.incidents) "
                    + "incidents, \(part.leftOut) left out")
        }
    }

    private func report(_ events: [Event], _ film: Film, _ week: SceneWeek) {
        let seen = film.seen
        let matching = EventMatching(
            events: events.map { event in
                Occurrence(
                    startMs: event.startStreamMs, endMs: event.lastSeenStreamMs,
                    box: event.track.reduce(event.box) { $0.union(with: $1.box) })
            },
            anomalies: seen.map(\.occurrence), tolerance: .seconds(3))
        for (anomaly, delay) in zip(seen, matching.delaysMs) {
            let occasion = week.occasions[anomaly.index]
            print(
                "\(delay == nil ? "MISSED" : "found ") day \(occasion.day) \(occasion.circumstance.rawValue) "
                    + "\(occasion.anomaly.kind.rawValue) \(occasion.anomaly.form.rawValue)"
                    + (delay.map { " after \(Double($0) / 1000) s" } ?? ""))
        }
        if verbose {
            for (index, event) in events.enumerated() {
                let second = Double(event.startStreamMs) / 1000
                let hour = (second / secondsPerDay).truncatingRemainder(dividingBy: 1) * 24
                print(
                    (matching.falseEvents.contains(index) ? "false " : "true  ")
                        + "day \(Int(second / secondsPerDay)) hour \(hour) \(event.regime.rawValue) \(event.kind.rawValue) "
                        + "pixels \(event.pixelLevel) objects \(event.objectLevel) \(event.box)")
            }
        }
        let days = Double(SceneWeek.days - SceneWeek.calmDays)
        let (low, high) = Poisson.interval(mean: budget * days)
        print(
            "\(matching.found) of \(seen.count) anomalies found; \(matching.falseEvents.count) false events in \(days) days; "
                + "a budget of \(budget) a day means \(low) to \(high) in 95 of 100 such weeks")
    }
}

/// Poisson counts.
private enum Poisson {
    /// The counts between which 95 % lie.
    static func interval(mean: Double) -> (low: Int, high: Int) {
        var term = exp(-mean)
        var (sum, count, low) = (term, 0, -1)
        while sum < 0.975 {
            if low < 0, sum > 0.025 { low = count }
            count += 1
            term *= mean / Double(count)
            sum += term
        }
        return (max(0, low), count)
    }
}

/// Renders the week's frames in order and remembers when and where unknown things were to be seen.
private struct Film {
    private let renderer: SceneRenderer
    private let framesPerSecond: Double
    private var visible: [Int: Occurrence] = [:]

    init(_ week: SceneWeek) {
        renderer = SceneRenderer(week.description)
        framesPerSecond = week.description.framesPerSecond
    }

    mutating func frame(_ index: Int) -> Frame {
        let (pixels, truth) = renderer.render(index)
        let time = Duration.seconds(Double(index) / framesPerSecond)
        let milliseconds = Int64(Double(index) / framesPerSecond * 1000)
        for object in truth.objects {
            guard object.isAnomaly, let anomaly = object.anomaly else { continue }
            let known = visible[anomaly]
            visible[anomaly] = Occurrence(
                startMs: known?.startMs ?? milliseconds, endMs: milliseconds,
                box: known?.box?.union(with: object.box) ?? object.box)
        }
        return Frame(
            camera: "week", sequence: UInt64(index), presentationTime: time,
            arrival: MonotonicTime(nanoseconds: milliseconds * 1_000_000), wallTimeMs: milliseconds, pixels: pixels)
    }

    /// What was visible, in the order of the script.
    var seen: [(index: Int, occurrence: Occurrence)] {
        visible.keys.sorted().compactMap { key in visible[key].map { (key, $0) } }
    }
}

/// The event logic and its thresholds as the daemon runs them, on the film's time.
private struct Watch {
    private var machine: EventMachine
    private var calibration: CameraCalibration
    private var calibrated: Duration?
    private var events: [Event] = []
    /// As often as the daemon does.
    private static let interval: Duration = .seconds(600)

    init(_ settings: CameraSettings, _ record: ProfileRecord, store: ProfileStore) {
        calibration = CameraCalibration(settings, record, store: store)
        machine = EventMachine(
            camera: settings.name, rules: calibration.rules([]),
            provenance: Provenance(model: record.model, profile: record.identity), ids: EventIDGenerator(seed: 1))
    }

    mutating func take(_ verdict: Verdict) {
        if calibrated.map({ verdict.presentationTime - $0 >= Self.interval }) ?? true {
            machine.use(calibration.rules([]))
            calibrated = verdict.presentationTime
        }
        calibration.take(verdict)
        note(machine.ingest(verdict))
    }

    mutating func finish() -> [Event] {
        note(machine.stop(.endOfStream))
        return events
    }

    func save() throws { try calibration.save() }

    private mutating func note(_ actions: [EventAction]) {
        for case .close(let event) in actions { events.append(event) }
    }
}
