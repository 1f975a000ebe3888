import ArgumentParser
import Basics
import FoundationEssentials
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors

struct ProposalsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposals",
        abstract: "Measure how many proposals the box head has to look at, and what leaving the others out saves.",
        discussion: """
            Each picture's objects are found twice from the same features: by the search that stops when no other \
            proposal can change the result, and by taking every proposal. Both results are compared bit by bit.
            """)

    @Option(help: "Folder of the model bundle; default: a detector of the published size with random weights.")
    var model: String?
    @Option(help: "Folder of JPEG pictures.") var pictures: String
    @Option(help: "Pictures to take, evenly from the folder.") var count = 10
    @Option(help: "Longer side of the network's input, at most.") var longSide = 1333
    @Option(help: "Shorter side of the network's input, at most.") var shortSide = 800
    @Option(help: "Cores to use; default: all.") var threads: Int?

    /// One way to ask for detections, and what it took.
    private struct Case {
        let name: String
        let detector: ObjectDetector
        var all = 0
        var evaluated = 0
        var found = 0
        var searching = Series()
        var everything = Series()
        var isSame = true
    }

    func run() throws {
        let bundle = try model.map { try ModelBundle.open(path: $0) }
        let source: any TensorSource = bundle?.weights ?? RandomDetector.weights(seed: 1)
        let (backbone, neck) = (try ResNet(source), try FeaturePyramid(source))
        var cases = try settings(bundle?.card.detector).map { name, configuration in
            Case(name: name, detector: try ObjectDetector(source, configuration: configuration))
        }
        let context = ComputeContext(pool: threads.map { ComputePool(width: $0) } ?? ComputePool())
        var proposing = Series()
        let files = try jpegs()
        for file in files {
            let picture = try JPEG.decode(try Data(contentsOf: URL(filePath: file)))
            let fit = InputFit(
                originalWidth: picture.width, originalHeight: picture.height, longSide: longSide, shortSide: shortSide)
            let input = prepared(picture, fit)
            let maps = backbone(input, context: context)
            let pyramid = neck(maps, context: context)
            context.workspace.giveBack(maps)
            for index in cases.indices { measure(&cases[index], pyramid, fit, &proposing, context) }
            context.workspace.giveBack(pyramid)
        }
        print(
            "\(bundle.map { $0.card.name } ?? "random weights"), \(files.count) pictures within "
                + "\(longSide)x\(shortSide), \(context.pool.width) cores\n")
        print(table(cases, proposing).text)
    }

    /// The published settings, and the bundle's own.
    private func settings(_ card: ModelCard.Detector?) -> [(String, DetectorConfiguration)] {
        var settings: [(String, DetectorConfiguration)] = [
            ("score > 0.05, overlap 0.5, 500", .publishedAnomaly), ("score > 0.05, overlap 0.5, 100", .publishedMasks),
            ("score > 0, overlap 0.7, 1500", .publishedRecall),
        ]
        if let card {
            let own = DetectorConfiguration(
                proposalsPerLevel: card.proposalsPerLevel, scoreThreshold: card.scoreThreshold,
                overlapThreshold: card.nmsIoU, maximumDetections: card.maxDetections)
            settings.append(("the bundle's own", own))
        }
        return settings
    }

    private func jpegs() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: pictures).filter { $0.hasSuffix(".jpg") }
            .sorted()
        guard !names.isEmpty, count > 0 else { throw ValidationError("\(pictures): no .jpg files") }
        let taken = min(count, names.count)
        return (0..<taken).map { pictures + "/" + names[$0 * names.count / taken] }
    }

    private func prepared(_ picture: PixelBuffer, _ fit: InputFit) -> Tensor {
        let resized = PixelBuffer(width: fit.width, height: fit.height, format: picture.format)
        picture.resizeBilinear(into: resized)
        let input = Tensor([fit.paddedHeight, fit.paddedWidth, 3])
        InputNormalisation.imageNet.write(
            resized, paddedWidth: fit.paddedWidth, paddedHeight: fit.paddedHeight, to: input.pointer)
        return input
    }

    private func measure(
        _ measured: inout Case, _ pyramid: [FeatureMap], _ fit: InputFit, _ proposing: inout Series,
        _ context: ComputeContext
    ) {
        let detector = measured.detector
        var mark = processorTime()
        func lap() -> Duration {
            let now = processorTime()
            defer { mark = now }
            return now - mark
        }
        let proposals = detector.proposalHead(
            pyramid, perLevel: detector.configuration.proposalsPerLevel, width: fit.width, height: fit.height,
            context: context)
        context.workspace.giveBack(proposals)
        let before = lap()
        proposing.add(before)
        func search() -> ObjectDetector.Result {
            defer { measured.searching.add(lap() - before) }
            return detector(pyramid, fit: fit, keepsFeatures: true, context: context)
        }
        func takeAll() -> (detections: [Detection], features: Tensor) {
            defer { measured.everything.add(lap() - before) }
            return detector.exhaustively(pyramid, fit: fit, context: context)
        }
        // Whoever comes second finds the caches warmer.
        let searchIsFirst = measured.searching.durations.count % 2 == 0
        let early = searchIsFirst ? search() : nil
        let everything = takeAll()
        let result = early ?? search()
        measured.all += result.proposals.all
        measured.evaluated += result.proposals.evaluated
        measured.found += result.detections.count
        if result.detections != everything.detections || result.features?.array != everything.features.array {
            measured.isSame = false
        }
    }

    private func table(_ cases: [Case], _ proposing: Series) -> TextTable {
        var table = TextTable(
            "Box head and suppression, processor time of all cores (medians; proposal head before them: "
                + "\(number(proposing.median)) ms)",
            ["", "proposals", "evaluated", "%", "detections", "all ms", "search ms", "ratio", "same bits"])
        for measured in cases {
            let pictures = max(1, measured.searching.durations.count)
            table.add(
                measured.name, "\(measured.all / pictures)", "\(measured.evaluated / pictures)",
                number(100 * Double(measured.evaluated) / Double(max(1, measured.all))),
                number(Double(measured.found) / Double(pictures)), number(measured.everything.median),
                number(measured.searching.median), number(measured.searching.median / measured.everything.median, 2),
                measured.isSame ? "yes" : "NO")
        }
        return table
    }
}
