import Analysis
import Evaluation
import Imaging
import ObjectAnomaly
import Tensors

/// The detector's findings in the pictures of one scene, as learning and judging see them.
struct ObservedObjects {
    /// What a detection really shows.
    enum Truth {
        case normal, anomaly
        /// Part of an anomaly, or an anomaly and more.
        case unclear
    }

    /// Which detections count, when learning and when judging.
    enum Choice: String, CaseIterable {
        /// All plausible ones.
        case plausible
        /// Those of them that the detector is sure of or that are new to their place.
        case selected
    }

    let name: String
    /// `[N, D]` of the detections that are learned from, in the order of time.
    let learning: Tensor
    /// `[M, D]` of the judged detections.
    let judging: Tensor
    let truths: [Truth]

    /// Runs the detector on all pictures of a scene.
    init(_ scene: ObjectScene, _ choice: Choice, engine: AnalysisEngine) throws {
        var memory: CellMemory?
        var novelty: [Float] = []
        var width = 0
        func rows(_ picture: PixelBuffer) -> [(row: [Float], box: Box)] {
            let found = engine.sightings(in: picture)
            let (height, across) = (found.patches.shape[0], found.patches.shape[1])
            if memory == nil {
                memory = CellMemory(cells: height * across, width: found.patches.shape[2])
                novelty = [Float](repeating: 0, count: height * across)
            }
            memory?.update(found.patches, novelty: &novelty)
            width = found.objects.shape[1]
            let selection = ObjectSelection(pictureWidth: picture.width, pictureHeight: picture.height)
            let chosen =
                switch choice {
                case .plausible: selection.plausible(found.detections)
                case .selected:
                    selection.objects(found.detections, novelty: novelty, gridWidth: across, gridHeight: height)
                }
            let values = found.objects.elements
            return chosen.map { (Array(values[$0 * width..<($0 + 1) * width]), found.detections[$0].box) }
        }
        var learned: [Float] = []
        for index in 0..<scene.learned { for found in rows(try scene.learning(index)) { learned += found.row } }
        var judged: [Float] = []
        var truths: [Truth] = []
        for index in 0..<scene.judged {
            let shown = try scene.judging(index)
            for found in rows(shown.picture) {
                judged += found.row
                truths.append(Self.truth(found.box, anomalies: shown.anomalies))
            }
        }
        name = scene.name
        learning = Tensor([learned.count / max(1, width), width], learned)
        judging = Tensor([truths.count, width], judged)
        self.truths = truths
    }

    /// How well anomalies are told from normal objects.
    struct Quality {
        let auroc: Double
        /// Share of normal objects above the score that 95 % of the anomalies reach.
        let falsePositives: Double
    }

    /// Nil without anomalies or without normal objects.
    func quality(_ scores: [Float]) -> Quality? {
        let clear = truths.indices.filter { truths[$0] != .unclear }
        let curve = ROC(scores: clear.map { scores[$0] }, labels: clear.map { truths[$0] == .anomaly })
        guard let auroc = curve.auroc, let rate = curve.falsePositiveRate(.firstThreshold) else { return nil }
        return Quality(auroc: auroc, falsePositives: rate)
    }

    /// What a box shows, given the boxes of all anomalies in the picture.
    static func truth(_ box: Box, anomalies: [Box]) -> Truth {
        if anomalies.contains(where: { $0.iou(with: box) >= 0.4 }) { return .anomaly }
        let touches = anomalies.contains { anomaly in
            let common = anomaly.intersection(with: box).area
            return common > 0.1 * min(anomaly.area, box.area)
        }
        return touches ? .unclear : .normal
    }
}
