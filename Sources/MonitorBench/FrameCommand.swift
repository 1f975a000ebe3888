import Analysis
import ArgumentParser
import Basics
import Imaging
import ModelFiles

struct FrameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frame",
        abstract: "Measure what judging a frame costs in steady state: time, memory, allocations.",
        discussion: """
            Frames of a procedural scene are judged again and again, on one core and on all in turn, so that both see \
            the same disturbances. Without --profile a small profile is learned first, which takes a minute or two.
            """)

    @Option(help: "Folder of the model bundle.") var model: String
    @Option(help: "Picture width in pixels.") var width = 640
    @Option(help: "Picture height in pixels.") var height = 360
    @Option(help: "Frames to judge on each number of cores.") var frames = 100
    @Option(help: "Cores to compare with one; default: all.") var threads: Int?
    @Option(help: "Folder of learned profiles to judge with, instead of learning one.") var profile: String?
    @Option(help: "The camera's profile in that folder.") var camera: String?
    @Flag(help: "Also measure how fast an H.264 clip is read.") var decode = false

    /// Pictures held in memory and judged in turn.
    private static let pictureCount = 16
    /// Frames judged by one contender before it is the other's turn.
    private static let turn = 5

    func validate() throws {
        guard (64...8192).contains(width), (48...8192).contains(height), width % 2 == 0, height % 2 == 0 else {
            throw ValidationError("--width and --height must be even, 64 to 8192 and 48 to 8192")
        }
        guard frames >= 1 else { throw ValidationError("--frames must be at least 1") }
        guard (threads ?? 1) >= 1 else { throw ValidationError("--threads must be at least 1") }
        guard (profile == nil) == (camera == nil) else { throw ValidationError("--profile and --camera go together") }
    }

    func run() throws {
        let clocks = SystemClocks()
        let atStart = ProcessMemory.now()
        let network = try AnomalyModel(try ModelBundle.open(path: model))
        let withModel = ProcessMemory.now()
        let scene = BenchScene(width: width, height: height)
        let camera = try cameraProfile(network, scene, clocks)
        ProcessMemory.resetPeak()
        let withProfile = ProcessMemory.now()
        let pictures = scene.pictures(Self.pictureCount)
        ProcessMemory.resetPeak()
        let withPictures = ProcessMemory.now()

        // Memory and allocations first, with one engine alive as in the daemon.
        let cores = AnalysisEngine(model: network, threads: threads, clocks: clocks).threads
        var many = Contender(model: network, threads: cores, profile: camera, clocks: clocks)
        for picture in pictures { many.warm(picture) }
        let workspaceBefore = many.engine.workspace
        let allocations = AllocationCount.during {
            for index in 0..<frames { many.warm(pictures[index % pictures.count]) }
        }
        let workspace = many.engine.workspace
        let steady = ProcessMemory.now()
        var one = Contender(model: network, threads: 1, profile: camera, clocks: clocks)
        for picture in pictures { one.warm(picture) }

        var done = 0
        while done < frames {
            let count = min(Self.turn, frames - done)
            let turn = (done..<done + count).map { pictures[$0 % pictures.count] }
            for picture in turn { one.judge(picture) }
            for picture in turn { many.judge(picture) }
            if done / Self.turn % 2 == 0 { for picture in turn { many.extract(picture) } }
            done += count
        }

        print(
            "model \(network.identity), pictures \(width)x\(height), profile \(camera.identity), "
                + "\(frames) frames each\n")
        print(speed(one, many).text)
        print(stages(one, many).text)
        print(
            memory(
                start: atStart, model: withModel, profile: withProfile, pictures: withPictures, steady: steady,
                workspace: workspace.bytes
            ).text)
        print(report(allocations, workspace: workspace.allocations - workspaceBefore.allocations).text)
        if decode {
            var table = TextTable("Reading an H.264 clip")
            table.add("frames/s", number(try DecodeSpeed.measure(scene, frames: 150, clocks: clocks)))
            print(table.text)
        }
    }

    private func cameraProfile(
        _ network: AnomalyModel, _ scene: BenchScene, _ clocks: some Clocks
    ) throws -> CameraProfile {
        if let profile, let camera {
            return try CameraProfile.load(camera, from: ProfileStore(root: profile), for: network)
        }
        let engine = AnalysisEngine(model: network, threads: threads, clocks: clocks)
        return try BenchProfile.learn(scene, engine: engine, clocks: clocks)
    }

    // MARK: Tables

    private func speed(_ one: Contender, _ many: Contender) -> TextTable {
        var table = TextTable(
            "Speed (interleaved)",
            ["", "ms/frame median", "best", "p95", "frames/s median", "best", "processor ms/frame"])
        func add(_ name: String, _ series: Series, working: Series? = nil) {
            table.add(
                name, number(series.median), number(series.best), number(series.p95), number(1000 / series.median, 2),
                number(1000 / series.best, 2), working.map { number($0.median) } ?? "")
        }
        add("judge, 1 core", one.judging, working: one.working)
        add("judge, \(many.engine.threads) cores", many.judging, working: many.working)
        add("features and detections only, \(many.engine.threads) cores", many.features)
        return table
    }

    private func stages(_ one: Contender, _ many: Contender) -> TextTable {
        var table = TextTable(
            "Where the time goes (medians)",
            ["", "1 core ms", "%", "\(many.engine.threads) cores ms", "%", "speed-up"])
        func add(_ name: String, _ stage: (Contender) -> Double) {
            let (single, multiple) = (stage(one), stage(many))
            table.add(
                name, number(single, 2), number(100 * single / one.judging.median), number(multiple, 2),
                number(100 * multiple / many.judging.median), number(single / max(multiple, 1e-6), 2))
        }
        add("preprocess") { $0.preprocess.median }
        add("backbone") { $0.backbone.median }
        add("objects") { $0.objects.median }
        add("pixels") { $0.pixels.median }
        add("whole judgement") { $0.judging.median }
        table.add("objects per frame", number(Double(many.found.objects) / Double(frames)))
        table.add("regions per frame", number(Double(many.found.regions) / Double(frames)))
        return table
    }

    private func memory(
        start: ProcessMemory, model: ProcessMemory, profile: ProcessMemory, pictures: ProcessMemory,
        steady: ProcessMemory, workspace: Int
    ) -> TextTable {
        var table = TextTable("Resident memory (one engine)")
        table.add("program started", mebibytes(start.resident))
        table.add("model loaded", mebibytes(model.resident))
        table.add("profile loaded, freed memory given back", mebibytes(profile.resident))
        table.add("\(Self.pictureCount) pictures of the bench itself", mebibytes(pictures.resident))
        table.add("steady state", mebibytes(steady.resident))
        table.add("steady state, peak", mebibytes(steady.peak))
        table.add("workspace capacity, not all of it touched", mebibytes(workspace))
        return table
    }

    private func report(_ counts: AllocationCount, workspace: Int) -> TextTable {
        func perFrame(_ value: Int) -> String { number(Double(value) / Double(frames)) }
        var table = TextTable("Allocations per frame in steady state (all threads)")
        table.add("calls of malloc and its kin", perFrame(counts.calls))
        table.add("bytes", size(counts.bytes / frames))
        table.add("largest single one", size(counts.largest))
        for (limit, name) in [(1024, "1 KiB"), (16_384, "16 KiB"), (262_144, "256 KiB")] {
            table.add("calls for more than \(name)", perFrame(counts.calls(above: limit)))
        }
        table.add("workspace tensors allocated", perFrame(workspace))
        return table
    }
}
