import Analysis
import ArgumentParser
import Basics
import Capture
import Imaging
import ModelFiles
import Scenes
import Streams

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measure how the time is shared among many cameras: rates, waiting, what is left out.",
        discussion: """
            Clips of the procedural scene are decoded at the pace of real time and judged as the daemon does it: an \
            empty one for cameras where nothing moves, one with people for the others.
            """)

    @Option(help: "Folder of the model bundle.") var model: String
    @Option(help: "Numbers of cameras, separated by commas.") var cameras = "1,4,8,16"
    @Option(help: "Percent of the cameras where something moves, separated by commas.") var moving = "0,25,100"
    @Option(help: "Seconds that each case is watched, after five to settle.") var seconds = 20
    @Option(help: "Frames per second of each camera.") var fps = 10.0
    @Option(help: "Frames per second to analyse.") var analysisFps = 5.0
    @Option(help: "Cores to compute with; default: all.") var threads: Int?
    @Option(help: "Frames judged side by side.") var framesAtOnce = 1
    @Option(help: "Picture width in pixels.") var width = 640
    @Option(help: "Picture height in pixels.") var height = 360

    private static let settling = Duration.seconds(5)
    private static let clipSeconds = 20.0

    /// One camera that is watched, and how long its verdicts took.
    private final class Line: Sendable {
        let session: CaptureSession
        let stage: AnalysisStage
        let delays = Locked(Series())

        init(
            _ number: Int, _ source: SourceDescription, _ engine: AnalysisEngine, _ profile: CameraProfile,
            _ rate: Double
        ) {
            session = CaptureSession(camera: "c\(number)", source: source, clocks: SystemClocks()) { _ in }
            stage = AnalysisStage(
                camera: "c\(number)", engine: engine, profile: profile, rate: AnalysisRate(framesPerSecond: rate),
                ledger: session.ledger)
        }

        func start() {
            stage.start(
                taking: { @Sendable [session] in
                    while true {
                        switch session.mailbox.take(timeout: .seconds(1)) {
                        case .frame(let frame): return frame
                        case .ended: return nil
                        case .nothing: continue
                        }
                    }
                },
                delivering: { @Sendable [self] frame, _ in
                    delays.withLock { $0.add(SystemClocks().monotonic() - frame.arrival) }
                    return false
                }, ended: {})
            session.start()
        }

        func stop() {
            session.stop()
            stage.waitUntilFinished()
        }
    }

    func run() throws {
        let clocks = SystemClocks()
        let counts = try numbers(cameras, "--cameras")
        let shares = try numbers(moving, "--moving")
        let network = try AnomalyModel(try ModelBundle.open(path: model))
        let scene = BenchScene(width: width, height: height)
        let engine = AnalysisEngine(model: network, threads: threads, framesAtOnce: framesAtOnce, clocks: clocks)
        let profile = try BenchProfile.learn(scene, engine: engine, clocks: clocks)
        let folder = try TemporaryFolder()
        let still = try clip(scene, agents: 0, "\(folder.path)/still.mp4")
        let busy = try clip(scene, agents: 30, "\(folder.path)/busy.mp4")
        var table = TextTable(
            "\(network.identity), \(engine.threads) cores, \(framesAtOnce) at once, \(width)x\(height) at "
                + "\(number(fps, 0)) frames/s, \(number(analysisFps, 0)) to analyse",
            [
                "cameras", "moving", "load %", "judged/s still", "judged/s moving", "p50 ms", "p95 ms", "scored %",
                "rate %", "still %", "load %", "lost %",
            ])
        for count in counts {
            for share in shares {
                let movers = (count * share + 99) / 100
                table.add(try watch(count, movers, still, busy, engine, profile, clocks))
            }
        }
        print(table.text)
        withExtendedLifetime(folder) {}
    }

    private func numbers(_ list: String, _ name: String) throws -> [Int] {
        try list.split(separator: ",").map { word in
            guard let value = Int(word), 0...1000 ~= value else {
                throw ValidationError("\(name) must be numbers separated by commas")
            }
            return value
        }
    }

    private func clip(_ scene: BenchScene, agents: Double, _ path: String) throws -> SourceDescription {
        var description = scene.description
        description.framesPerSecond = fps
        description.seconds = Self.clipSeconds
        description.agentsPerMinute = agents
        description.anomalies = []
        try SceneVideo.write(description, to: path)
        return SourceDescription(url: try CameraURL(path), loops: true)
    }

    /// A row of the table: what happened after the settling.
    private func watch(
        _ count: Int, _ movers: Int, _ still: SourceDescription, _ busy: SourceDescription, _ engine: AnalysisEngine,
        _ profile: CameraProfile, _ clocks: some Clocks
    ) throws -> [String] {
        let lines = (0..<count).map { Line($0, $0 < movers ? busy : still, engine, profile, analysisFps) }
        for line in lines {
            line.start()
            // Real cameras are not in step either.
            clocks.sleep(for: .milliseconds(1000 / count))
        }
        clocks.sleep(for: Self.settling)
        let before = lines.map(\.session.ledger.counts)
        for line in lines { line.delays.withLock { $0 = Series() } }
        clocks.sleep(for: .seconds(seconds))
        let after = lines.map(\.session.ledger.counts)
        let demand = engine.load.demand
        for line in lines { line.stop() }
        for line in lines where !line.session.ledger.counts.addsUp {
            throw ValidationError("the ledger does not add up: \(line.session.ledger.counts)")
        }
        func sum(_ value: (FrameLedger.Counts) -> UInt64) -> Double {
            zip(before, after).reduce(0) { $0 + Double(value($1.1) - value($1.0)) }
        }
        func rates(_ range: Range<Int>) -> String {
            let rates = range.map { Double(after[$0].scored - before[$0].scored) / Double(seconds) }.sorted()
            guard let low = rates.first, let high = rates.last else { return "" }
            return number(low) + (number(low) == number(high) ? "" : " to " + number(high))
        }
        var delays = Series()
        for line in lines { for delay in line.delays.withLock({ $0.durations }) { delays.add(delay) } }
        let arrived = max(1, sum(\.arrived))
        func percent(_ value: (FrameLedger.Counts) -> UInt64) -> String { number(100 * sum(value) / arrived) }
        return [
            "\(count)", "\(movers)", number(100 * demand, 0), rates(movers..<count), rates(0..<movers),
            number(delays.median, 0), number(delays.p95, 0), percent(\.scored), percent { $0.gated(.rate) },
            percent { $0.gated(.still) }, percent { $0.gated(.load) }, percent(\.dropped),
        ]
    }
}
