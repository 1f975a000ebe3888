internal import Glibc
internal import Imaging
internal import Networks
internal import Tensors

/// Brings proposals through the box head until no other one can change the detections.
///
/// A detection's score is sqrt(σ(objectness) · σ(quality)) <= sqrt(σ(objectness)), so the objectness of a proposal bounds
/// what the box head can make of it. Proposals are taken by falling objectness, in blocks. Whatever scores above the bound
/// of all that wait comes before them in the greedy suppression, so its fate is final; the search ends when that fills the
/// limit, or when none that waits can pass the score threshold. The result is the same to the last bit as if every proposal
/// had been taken: the arithmetic of the bound is that of the score with a second factor of exactly 1, which rounding
/// cannot turn around; scores equal to the bound wait; and equal scores keep the proposals' own order.
///
/// With an anomaly threshold, anomalous objects are suppressed apart and come first: only they, or the end, fill the limit.
struct DetectionSearch {
    private let boxHead: BoxHead
    private let normality: NormalityModel?
    private let anomalyThreshold: Float
    private let fit: InputFit
    private let limit: Int
    private let ranked: RankedProposals
    /// Proposals that may pass the score threshold; the others are never looked at.
    private let reachable: Int
    /// By rank, as far as they are known.
    private let boxes: Tensor
    private let scores: Tensor
    private let features: Tensor
    /// 1 for anomalous proposals, by rank; nil when they are not told apart.
    private var classes: [UInt8]?
    /// The anomalous ones and the others, or all.
    private var groups: [(wanted: UInt8, suppression: RunningSuppression)]
    /// Proposals that went through the box head.
    private(set) var evaluated = 0

    /// Proposals of one block: fewer stop earlier, more pass the weights less often.
    static let block = 256

    init(
        _ boxHead: BoxHead, _ configuration: DetectorConfiguration, _ proposals: Proposals, fit: InputFit,
        normality: NormalityModel?, workspace: Workspace
    ) {
        self.boxHead = boxHead
        self.fit = fit
        limit = configuration.maximumDetections
        ranked = RankedProposals(proposals, workspace: workspace)
        let bounds = ranked.bounds
        reachable = (0..<proposals.count).first { !(bounds.pointer[$0] > configuration.scoreThreshold) } ?? bounds.count
        boxes = workspace.borrow([proposals.count, 4])
        scores = workspace.borrow([proposals.count])
        features = workspace.borrow([reachable, boxHead.featureWidth])
        let settings = Suppression(
            scoreThreshold: configuration.scoreThreshold, overlapThreshold: configuration.overlapThreshold,
            limit: configuration.maximumDetections)
        anomalyThreshold = configuration.anomalyThreshold ?? 0
        let separates = normality?.features == .published && configuration.anomalyThreshold != nil
        self.normality = separates ? normality : nil
        classes = separates ? [UInt8](repeating: 0, count: reachable) : nil
        let count = reachable
        groups = (separates ? [1, 0] : [0]).map { wanted in
            (wanted, RunningSuppression(settings, count: count, workspace: workspace))
        }
    }

    mutating func run(_ pyramid: [FeatureMap], context: ComputeContext) {
        while evaluated < reachable, !groups[0].suppression.isFull {
            let rows = evaluated..<min(reachable, evaluated + Self.block)
            evaluate(rows, pyramid, context: context)
            evaluated = rows.upperBound
            let bound = evaluated < reachable ? ranked.bounds.pointer[evaluated] : -1
            for index in groups.indices {
                groups[index].suppression.add(
                    rows, scores: scores, ties: ranked.places, classes: classes, wanted: groups[index].wanted)
                groups[index].suppression.decide(above: bound, boxes: boxes, rows: ranked.ranks)
            }
        }
    }

    private mutating func evaluate(_ rows: Range<Int>, _ pyramid: [FeatureMap], context: ComputeContext) {
        let workspace = context.workspace
        let found = boxHead.features(pyramid, boxes: ranked.proposals.boxes, rows: rows, context: context)
        let refinements = boxHead.refinements(found, context: context)
        BoxHead.decode(ranked.proposals, rows: rows, refinements, fit: fit, boxes: boxes, scores: scores)
        if let normality {
            let logits = normality.normalLogits(found, context: context)
            for (index, rank) in rows.enumerated() {
                classes?[rank] = 1 / (1 + exp(-logits.pointer[index])) < anomalyThreshold ? 1 : 0
            }
            workspace.giveBack(logits)
        }
        memcpy(features.row(rows.lowerBound), found.pointer, found.count * MemoryLayout<Float>.stride)
        workspace.giveBack(refinements)
        workspace.giveBack(found)
    }

    /// Ranks of the detections, best first, anomalous ones before the others.
    var kept: [Int] { Array(groups.flatMap(\.suppression.kept).prefix(limit)) }

    func box(_ rank: Int) -> Box {
        let box = boxes.row(rank)
        return Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3])
    }

    func score(_ rank: Int) -> Float { scores.pointer[rank] }

    /// Writes the features of some ranks, `[ranks.count, featureWidth]`.
    func copyFeatures(of ranks: [Int], into target: Tensor) {
        for (row, rank) in ranks.enumerated() {
            memcpy(target.row(row), features.row(rank), boxHead.featureWidth * MemoryLayout<Float>.stride)
        }
    }

    func giveBack(to workspace: Workspace) {
        for group in groups { group.suppression.giveBack(to: workspace) }
        for tensor in [boxes, scores, features] { workspace.giveBack(tensor) }
        ranked.giveBack(to: workspace)
    }
}
