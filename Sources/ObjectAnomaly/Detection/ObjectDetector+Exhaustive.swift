internal import Glibc
package import Imaging
package import Networks
package import Tensors

extension ObjectDetector {
    /// Boxes, scores and features of detections as the definition words it: every proposal goes through the box head before
    /// any is suppressed. Slow; the measure of the search's shortcut.
    package func exhaustively(
        _ pyramid: [FeatureMap], fit: InputFit, normality: NormalityModel? = nil, context: ComputeContext
    ) -> (detections: [Detection], features: Tensor) {
        let workspace = context.workspace
        let proposals = proposalHead(
            pyramid, perLevel: configuration.proposalsPerLevel, width: fit.width, height: fit.height, context: context)
        let rows = 0..<proposals.count
        let features = workspace.borrow([proposals.count, featureWidth])
        for start in stride(from: 0, to: proposals.count, by: DetectionSearch.block) {
            let end = min(start + DetectionSearch.block, proposals.count)
            let block = boxHead.features(pyramid, boxes: proposals.boxes, rows: start..<end, context: context)
            memcpy(features.row(start), block.pointer, block.count * MemoryLayout<Float>.stride)
            workspace.giveBack(block)
        }
        let refinements = boxHead.refinements(features, context: context)
        let (boxes, scores) = (workspace.borrow([proposals.count, 4]), workspace.borrow([proposals.count]))
        BoxHead.decode(proposals, rows: rows, refinements, fit: fit, boxes: boxes, scores: scores)
        let suppression = Suppression(
            scoreThreshold: configuration.scoreThreshold, overlapThreshold: configuration.overlapThreshold,
            limit: configuration.maximumDetections)
        let logits = normality?.normalLogits(features, context: context)
        var kept = suppression(boxes: boxes, scores: scores, workspace: workspace)
        if let logits, let threshold = configuration.anomalyThreshold {
            let isAnomalous = logits.elements.map { 1 / (1 + exp(-$0)) < threshold }
            kept = suppression.separating(isAnomalous, boxes: boxes, scores: scores, workspace: workspace)
        }
        let detections = kept.map { index in
            let box = boxes.row(index)
            return Detection(
                box: Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3]), score: scores.pointer[index],
                normalLogit: logits?.pointer[index])
        }
        let keptFeatures = features.gathering(kept)
        for tensor in [features, refinements, boxes, scores] { workspace.giveBack(tensor) }
        if let logits { workspace.giveBack(logits) }
        workspace.giveBack(proposals)
        return (detections, keptFeatures)
    }
}
