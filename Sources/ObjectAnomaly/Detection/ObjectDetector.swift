public import Imaging
public import ModelFiles
public import Networks
public import Tensors

/// OLN-SSOS behind the backbone: from a feature pyramid to detected objects, known or not, how normal each looks and, when
/// the weights have a mask branch, which pixels each covers.
///
/// The value holds weights alone and may be shared; one context serves one run at a time.
public struct ObjectDetector: Sendable {
    public let configuration: DetectorConfiguration
    public let proposalHead: ProposalHead
    public let boxHead: BoxHead
    /// Nil for a detector of boxes alone.
    public let maskHead: MaskHead?

    /// The objects of one picture.
    public struct Result: Sendable {
        /// Best box first; with an anomaly threshold the anomalous ones before the others. Masks change the scores
        /// afterwards, but not the order.
        public let detections: [Detection]
        /// `[detections.count, width(of: the kind asked for)]`, row i belongs to detection i; nil unless asked for. The
        /// caller's own.
        public let features: Tensor?
        /// Proposals there were, and how many of them the box head had to look at.
        public let proposals: (all: Int, evaluated: Int)
    }

    /// Reads the proposal head (`rpn_head`), the box head (`roi_head.bbox_head`) and, when it is there, the mask branch
    /// (`roi_head.mask_head`, `roi_head.mask_iou_head`).
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(
        _ source: any TensorSource, configuration: DetectorConfiguration = .publishedAnomaly
    ) throws(ModelFileError) {
        self.configuration = configuration
        proposalHead = try ProposalHead(source)
        boxHead = try BoxHead(source)
        maskHead = MaskHead.isPresent(in: source) ? try MaskHead(source) : nil
        let channels = proposalHead.inputChannels
        guard boxHead.inputChannels == channels, maskHead.map({ $0.inputChannels == channels }) ?? true else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): the proposal head reads \(channels) channels, the box head \(boxHead.inputChannels)"
                    + (maskHead.map { ", the mask head \($0.inputChannels)" } ?? ""))
        }
    }

    /// Length of an object's published feature vector.
    public var featureWidth: Int { boxHead.featureWidth }
    /// Length of the chosen features.
    public func width(of features: ObjectFeatures) -> Int { boxHead.width(of: features) }

    /// - Parameters:
    ///   - pyramid: P2 to P6 of the padded input; stays the caller's.
    ///   - fit: how the original picture lies in the input.
    ///   - normality: the camera's model; without one, detections have no logit. Its feature width must be the detector's.
    ///     An anomaly threshold applies only to a model of published features, which is what it was published for.
    ///   - keepsFeatures: whether the features of the detections are returned, for learning.
    ///   - features: which ones; a model decides for itself.
    public func callAsFunction(
        _ pyramid: [FeatureMap], fit: InputFit, normality: NormalityModel? = nil, keepsFeatures: Bool = false,
        features kind: ObjectFeatures = .published, context: ComputeContext
    ) -> Result {
        let kind = normality?.features ?? kind
        precondition(
            normality.map { $0.featureWidth == width(of: kind) } ?? true, "a model of another detector's features")
        let workspace = context.workspace
        let proposals = proposalHead(
            pyramid, perLevel: configuration.proposalsPerLevel, width: fit.width, height: fit.height, context: context)
        var search = DetectionSearch(
            boxHead, configuration, proposals, fit: fit, normality: normality, workspace: workspace)
        let proposalCount = proposals.count
        workspace.giveBack(proposals)
        search.run(pyramid, context: context)
        let kept = search.kept
        let boxes = kept.map(search.box)
        let shape: Shape = [kept.count, width(of: kind)]
        let features = keepsFeatures ? Tensor(shape) : workspace.borrow(shape)
        if keepsFeatures || normality != nil {
            switch kind {
            case .published: search.copyFeatures(of: kept, into: features)
            case .linear: describe(boxes, pyramid, fit: fit, into: features, context: context)
            }
        }
        var detections = kept.indices.map { Detection(box: boxes[$0], score: search.score(kept[$0]), normalLogit: nil) }
        search.giveBack(to: workspace)
        if let normality { judge(&detections, features, normality, context: context) }
        if !keepsFeatures { workspace.giveBack(features) }
        if let maskHead, !detections.isEmpty {
            addMasks(maskHead, pyramid, fit: fit, to: &detections, context: context)
        }
        return Result(
            detections: detections, features: keepsFeatures ? features : nil,
            proposals: (proposalCount, search.evaluated))
    }

    private func judge(
        _ detections: inout [Detection], _ features: Tensor, _ normality: NormalityModel, context: ComputeContext
    ) {
        guard !detections.isEmpty else { return }
        let logits = normality.normalLogits(features, context: context)
        let anomalies = normality.anomalies(features, context: context)
        for (index, detection) in detections.enumerated() {
            detections[index] = Detection(
                box: detection.box, score: detection.score, normalLogit: logits.pointer[index],
                anomaly: anomalies.pointer[index])
        }
        context.workspace.giveBack(logits)
        context.workspace.giveBack(anomalies)
    }

    private func describe(
        _ boxes: [Box], _ pyramid: [FeatureMap], fit: InputFit, into features: Tensor, context: ComputeContext
    ) {
        let regions = inputBoxes(boxes, fit: fit, context: context)
        boxHead.linearFeatures(pyramid, boxes: regions, into: features, context: context)
        context.workspace.giveBack(regions)
    }

    /// Boxes of the original picture as `[N, 4]` in input pixels; borrowed.
    private func inputBoxes(_ boxes: [Box], fit: InputFit, context: ComputeContext) -> Tensor {
        let result = context.workspace.borrow([boxes.count, 4])
        for (index, original) in boxes.enumerated() {
            let box = original.scaled(x: fit.scaleX, y: fit.scaleY)
            for (edge, value) in [box.x1, box.y1, box.x2, box.y2].enumerated() { result.row(index)[edge] = value }
        }
        return result
    }

    private func addMasks(
        _ maskHead: MaskHead, _ pyramid: [FeatureMap], fit: InputFit, to detections: inout [Detection],
        context: ComputeContext
    ) {
        let boxes = inputBoxes(detections.map(\.box), fit: fit, context: context)
        let masks = maskHead(pyramid, boxes: boxes, context: context)
        let pasting = MaskPasting(width: fit.originalWidth, height: fit.originalHeight)
        for (index, detection) in detections.enumerated() {
            let quality = masks.quality.pointer[index]
            let silhouette = pasting(
                masks.logits.row(index), side: MaskHead.side, over: detection.box, workspace: context.workspace)
            detections[index] = Detection(
                box: detection.box, score: Detection.fused(detection.score, maskQuality: quality),
                normalLogit: detection.normalLogit, anomaly: detection.anomaly,
                mask: Detection.Mask(silhouette: silhouette, quality: quality))
        }
        context.workspace.giveBack(masks)
        context.workspace.giveBack(boxes)
    }
}
