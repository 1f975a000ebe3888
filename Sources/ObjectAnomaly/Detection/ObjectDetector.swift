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
        /// `[detections.count, featureWidth]`, row i belongs to detection i; nil unless asked for. The caller's own.
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

    /// Length of an object's feature vector.
    public var featureWidth: Int { boxHead.featureWidth }

    /// - Parameters:
    ///   - pyramid: P2 to P6 of the padded input; stays the caller's.
    ///   - fit: how the original picture lies in the input.
    ///   - normality: the camera's model; without one, detections have no logit. Its feature width must be the detector's.
    ///   - keepsFeatures: whether the features of the detections are returned, for learning.
    public func callAsFunction(
        _ pyramid: [FeatureMap], fit: InputFit, normality: NormalityModel? = nil, keepsFeatures: Bool = false,
        context: ComputeContext
    ) -> Result {
        precondition(
            normality.map { $0.featureWidth == featureWidth } ?? true, "a model of another detector's features")
        let workspace = context.workspace
        let proposals = proposalHead(
            pyramid, perLevel: configuration.proposalsPerLevel, width: fit.width, height: fit.height, context: context)
        var search = DetectionSearch(
            boxHead, configuration, proposals, fit: fit, normality: normality, workspace: workspace)
        let proposalCount = proposals.count
        workspace.giveBack(proposals)
        search.run(pyramid, context: context)
        let kept = search.kept
        let shape: Shape = [kept.count, featureWidth]
        let features = keepsFeatures ? Tensor(shape) : workspace.borrow(shape)
        search.copyFeatures(of: kept, into: features)
        let logits = normality.flatMap { kept.isEmpty ? nil : $0.normalLogits(features, context: context) }
        var detections = kept.enumerated().map { row, rank in
            Detection(box: search.box(rank), score: search.score(rank), normalLogit: logits?.pointer[row])
        }
        search.giveBack(to: workspace)
        if let logits { workspace.giveBack(logits) }
        if !keepsFeatures { workspace.giveBack(features) }
        if let maskHead, !detections.isEmpty {
            addMasks(maskHead, pyramid, fit: fit, to: &detections, context: context)
        }
        return Result(
            detections: detections, features: keepsFeatures ? features : nil,
            proposals: (proposalCount, search.evaluated))
    }

    private func addMasks(
        _ maskHead: MaskHead, _ pyramid: [FeatureMap], fit: InputFit, to detections: inout [Detection],
        context: ComputeContext
    ) {
        let (scaleX, scaleY) = (fit.scaleX, fit.scaleY)
        let boxes = context.workspace.borrow([detections.count, 4])
        for (index, detection) in detections.enumerated() {
            let box = detection.box.scaled(x: scaleX, y: scaleY)
            for (edge, value) in [box.x1, box.y1, box.x2, box.y2].enumerated() { boxes.row(index)[edge] = value }
        }
        let masks = maskHead(pyramid, boxes: boxes, context: context)
        let pasting = MaskPasting(width: fit.originalWidth, height: fit.originalHeight)
        for (index, detection) in detections.enumerated() {
            let quality = masks.quality.pointer[index]
            let silhouette = pasting(
                masks.logits.row(index), side: MaskHead.side, over: detection.box, workspace: context.workspace)
            detections[index] = Detection(
                box: detection.box, score: Detection.fused(detection.score, maskQuality: quality),
                normalLogit: detection.normalLogit, mask: Detection.Mask(silhouette: silhouette, quality: quality))
        }
        context.workspace.giveBack(masks)
        context.workspace.giveBack(boxes)
    }
}
