import Analysis
import ArgumentParser
import Basics
import Evaluation
import FoundationEssentials
import Imaging
import ModelFiles
import PixelAnomaly
import Tensors

/// PixOOD's ablation on a public data set.
struct EtalonsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "etalons",
        abstract: "Compare the ways to find etalons on UCSD Ped2: detection, etalons kept, time and memory.",
        discussion: """
            All methods learn from the same patches, pseudo-classes and classifier; only how etalons are found differs. \
            Frames are judged by their highest surprise, cells of the patch grid one by one (a cell is anomalous when \
            half of its pixels are).
            """)

    @Argument(help: "Folder of the data set, with train/, test/ and test_masks/.") var data: String
    @Option(help: "Folder of the model bundle.") var model: String
    @Option(help: "Etalons per class at most.") var etalons = CondensationSettings().etalonsPerClass
    @Option(help: "Pseudo-classes at most.") var classes = PseudoClassSettings().most
    @Option(help: "Judge every n-th test frame.") var step = 1

    func validate() throws {
        guard etalons >= 1, classes >= 1, step >= 1 else {
            throw ValidationError("--etalons, --classes and --step must be at least 1")
        }
    }

    func run() throws {
        let clocks = SystemClocks()
        let engine = AnalysisEngine(model: try AnomalyModel(try ModelBundle.open(path: model)), clocks: clocks)
        let dataset = try UCSDPed2(data)
        let trials = try learn(dataset, engine, clocks)
        for clip in dataset.test {
            for frame in stride(from: 0, to: clip.frames.count, by: step) {
                let patches = engine.material(of: try Self.picture(clip.frames[frame])).patches
                let truth = try clip.mask(frame).map { mask in
                    cellTruth(
                        mask.isSet, width: mask.width, height: mask.height, columns: patches.shape[1],
                        rows: patches.shape[0])
                }
                for trial in trials { try trial.judge(patches, truth: truth) }
            }
        }
        var table = TextTable(
            "UCSD Ped2, model \(engine.model.identity), at most \(etalons) etalons in each of \(classes) classes",
            [
                "", "frame AUROC", "cell AUROC", "cell AP", "etalons", "learning s", "etalons s", "peak memory",
                "for learning",
            ])
        for trial in trials {
            let quality = trial.quality
            table.add(
                trial.name, number(quality.frames, 4), number(quality.cells, 4), number(quality.precision, 4),
                "\(trial.etalons)", seconds(trial.learning), seconds(trial.condensation), mebibytes(trial.peakMemory),
                mebibytes(trial.ownMemory))
        }
        print(table.text)
    }

    private func learn(_ dataset: UCSDPed2, _ engine: AnalysisEngine, _ clocks: some Clocks) throws -> [PixelTrial] {
        var gathered = GatheredPatches(engine: engine)
        var index = 0
        for clip in dataset.training {
            for path in clip.frames {
                let time = Duration.milliseconds(1000 * index / UCSDPed2.framesPerSecond)
                gathered.add(engine.material(of: try Self.picture(path)), at: time)
                index += 1
            }
        }
        guard let material = gathered.material else { throw ValidationError("\(data)/train holds no frames") }
        let background = material.background
        let patches = material.patchSet(background)
        return try EtalonMethod.allCases.map { method in
            var settings = PixelLearningSettings()
            settings.condensation.method = method
            settings.condensation.etalonsPerClass = etalons
            settings.classes.most = classes
            settings.classes.fewest = min(classes, settings.classes.fewest)
            return try PixelTrial(
                method.words, patches: patches, background: background, settings: settings, clocks: clocks)
        }
    }

    private static func picture(_ path: String) throws -> PixelBuffer {
        try JPEG.decode(Data(contentsOf: URL(filePath: path)))
    }
}

extension EtalonMethod {
    fileprivate var words: String {
        switch self {
        case .singleMean: "single mean"
        case .kMeans: "k-means"
        case .softKMeans: "soft k-means"
        case .softKMedians: "soft k-medians"
        case .condensation: "condensation"
        }
    }
}
