import Analysis
import ArgumentParser
import Basics
import ModelFiles
import ObjectAnomaly
import Tensors

/// How well unknown objects are told from normal ones.
struct ObjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "objects",
        abstract: "Measure how well each way to learn normal objects finds unknown ones, and what learning takes.",
        discussion: """
            Each scene's detections are learned from pictures of normal life, then judged in pictures with anomalies: \
            procedural scenes with things of all kinds, and UCSD Ped2. AUROC and the share of normal detections above the \
            score that 95 % of the anomalies' detections reach, averaged over the scenes; spread is the standard deviation \
            over the seeds of learning.
            """)

    @Option(help: "Folder of the model bundle.") var model: String
    @Option(help: "Folder of UCSD Ped2; without it only procedural scenes are seen.") var ped2: String?
    @Option(help: "Procedural scenes.") var scenes = 4
    @Option(help: "Pictures to learn from, of each scene.") var learned = 400
    @Option(help: "Pictures to judge, of each scene.") var judged = 120
    @Option(help: "Detections to learn from at most, of each scene; evenly over the time.") var rows = 4000
    @Option(help: "Seeds of learning.") var seeds = 3
    @Option(help: "Detections that count: plausible or selected.") var choice = "plausible"

    /// One way to learn, and what came of it.
    private struct Way {
        let name: String
        let settings: ObjectLearningSettings
        /// By scene, then by seed.
        var qualities: [[ObservedObjects.Quality]] = []
        var learning = Series()
        /// Most memory that learning took beyond what was there, in bytes.
        var memory = 0
        var spread: Double {
            let spreads = qualities.map { seeds in
                let mean = seeds.reduce(0) { $0 + $1.auroc } / Double(seeds.count)
                return seeds.reduce(0) { $0 + ($1.auroc - mean) * ($1.auroc - mean) } / Double(seeds.count)
            }
            return (spreads.reduce(0, +) / Double(max(1, spreads.count))).squareRoot()
        }
    }

    func validate() throws {
        guard ObservedObjects.Choice(rawValue: choice) != nil else {
            throw ValidationError("--choice is plausible or selected")
        }
        guard scenes >= 0, learned >= 1, judged >= 1, rows >= 100, seeds >= 1 else {
            throw ValidationError("numbers must be positive, --rows at least 100")
        }
    }

    func run() throws {
        let engine = AnalysisEngine(model: try AnomalyModel(try ModelBundle.open(path: model)), clocks: SystemClocks())
        var sources = (0..<scenes).map { index in
            ObjectScene.procedural(seed: UInt64(index) + 1, learned: learned, judged: judged)
        }
        if let ped2 { sources.append(try .ped2(ped2, learned: learned, judged: 2 * judged)) }
        var ways = Self.ways()
        var names: [String] = []
        for source in sources {
            let choice = ObservedObjects.Choice(rawValue: choice) ?? .plausible
            let observed = try ObservedObjects(source, choice, engine: engine)
            names.append(observed.name)
            print(
                "\(observed.name): \(observed.learning.shape[0]) detections to learn from, judged: "
                    + "\(observed.truths.count { $0 == .normal }) normal, "
                    + "\(observed.truths.count { $0 == .anomaly }) of anomalies")
            for index in ways.indices { try measure(&ways[index], observed) }
        }
        print(table(ways, names).text)
    }

    private static func ways() -> [Way] {
        var ways: [Way] = []
        for synthesiser in ObjectLearningSettings.Synthesiser.allCases {
            for energy in PseudoClassHead.Energy.allCases {
                var settings = ObjectLearningSettings()
                (settings.synthesiser, settings.energy, settings.scorer) = (synthesiser, energy, .energy)
                ways.append(Way(name: "energy, \(synthesiser), \(energy)", settings: settings))
            }
        }
        for scorer in [ObjectScorer.distance, .joint] {
            var settings = ObjectLearningSettings()
            settings.scorer = scorer
            ways.append(Way(name: "\(scorer)", settings: settings))
        }
        return ways
    }

    private func measure(_ way: inout Way, _ observed: ObservedObjects) throws {
        let all = observed.learning.shape[0]
        let taken = min(rows, all)
        let width = observed.learning.shape[1]
        let learning = Tensor([taken, width])
        for row in 0..<taken {
            learning.row(row).update(from: observed.learning.row(row * all / taken), count: width)
        }
        let context = ComputeContext(pool: ComputePool(width: 1))
        var qualities: [ObservedObjects.Quality] = []
        for seed in 0..<seeds {
            ProcessMemory.resetPeak()
            let before = ProcessMemory.now().resident
            let start = processorTime()
            let learned = try ObjectNormalityLearner(settings: way.settings)
                .learn(features: learning, seed: UInt64(seed) + 1)
            way.learning.add(processorTime() - start)
            way.memory = max(way.memory, ProcessMemory.now().peak - before)
            let scores = try learned.model().anomalies(observed.judging, context: context).array
            guard let quality = observed.quality(scores) else { continue }
            qualities.append(quality)
        }
        way.qualities.append(qualities)
    }

    private func table(_ ways: [Way], _ names: [String]) -> TextTable {
        var table = TextTable(
            "Detections of anomalies against normal ones, \(seeds) seeds, at most \(rows) to learn from",
            ["", "AUROC", "spread", "worst scene"] + names + ["FPR95", "processor s", "memory"])
        for way in ways {
            let scenes = way.qualities.map { seeds in
                seeds.reduce(0) { $0 + $1.auroc } / Double(max(1, seeds.count))
            }
            let rates = way.qualities.flatMap { $0.map(\.falsePositives) }
            table.add(
                [
                    way.name, number(scenes.reduce(0, +) / Double(max(1, scenes.count)), 3), number(way.spread, 3),
                    number(scenes.min() ?? 0, 3),
                ] + scenes.map { number($0, 3) } + [
                    number(rates.reduce(0, +) / Double(max(1, rates.count)), 2), number(way.learning.median / 1000, 1),
                    mebibytes(way.memory),
                ])
        }
        return table
    }
}
