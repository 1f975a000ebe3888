public import ModelFiles
internal import Networks
internal import ObjectAnomaly

/// Which of the monitor's networks a set of tensors is, told from names and shapes alone.
public struct ModelIdentity: Sendable {
    let detector: DetectorLayout?
    let transformer: VisionTransformerLayout?
    /// Whether patch features are taken from the detector's own pyramid.
    let hasPyramidHead: Bool
    /// The tensors that the networks read.
    public let plan: TensorPlan

    /// - Throws: `ModelFileError`: the tensors are of no known network, or a tensor is missing, has another shape than its
    ///   network's, or belongs to none.
    public init(_ source: any TensorSource) throws(ModelFileError) {
        detector = DetectorLayout.isLikely(source) ? try DetectorLayout(source) : nil
        transformer = VisionTransformerLayout.isLikely(source) ? try VisionTransformerLayout(source) : nil
        var plan = TensorPlan()
        if let transformer { plan.add(transformer.plan) }
        if let detector { plan.add(detector.plan) }
        let pyramidHead = try Self.pyramidHead(source, detector)
        // With a transformer beside it, the small head would never be asked.
        hasPyramidHead = pyramidHead != nil && transformer == nil
        if let pyramidHead {
            if hasPyramidHead {
                plan.add(pyramidHead)
            } else {
                plan.leave(.beginning("pixel_head."), because: "the transformer's patch features take its place")
            }
        }
        guard detector != nil || transformer != nil else {
            throw ModelFileError(.notAModel, "\(source.origin): \(Self.otherNetwork(source))")
        }
        try plan.check(source)
        self.plan = plan
    }

    private static func pyramidHead(
        _ source: any TensorSource, _ detector: DetectorLayout?
    ) throws(ModelFileError) -> TensorPlan? {
        guard let detector, source.names.contains(where: { $0.hasPrefix("pixel_head.") }) else { return nil }
        let hidden = try source.extents(of: "pixel_head.conv.weight", rank: 4)[0]
        let width = try source.extents(of: "pixel_head.proj.weight", rank: 4)[0]
        var plan = TensorPlan()
        plan.wantLayer("pixel_head.conv", [hidden, detector.backbone.pyramidWidth, 3, 3])
        plan.wantLayer("pixel_head.proj", [width, hidden, 1, 1])
        return plan
    }

    private static func otherNetwork(_ source: any TensorSource) -> String {
        func has(_ prefix: String) -> Bool { source.names.contains { $0.hasPrefix(prefix) } }
        let known =
            if has("roi_head.flow_model.") {
                "holds the flow of OLN-FFS alone, which is needed in training only; give the detector's whole checkpoint"
            } else if has("decoder.") {
                "holds a classifier (decoder) without its backbone, such as PixOOD's checkpoint-backbone.pth; the monitor "
                    + "learns a classifier for each camera itself: give the DINOv2 file alone"
            } else {
                "is none of the networks that this monitor runs (DINOv2 vision transformers; OLN, OLN-SSOS and OLN-FFS on "
                    + "ResNet with a feature pyramid)"
            }
        return source.names.first.map { "\(known); its first tensor is \($0)" } ?? known
    }

    /// The architecture as a card names it.
    var architecture: ModelCard.Architecture {
        ModelCard.Architecture(
            detector: detector == nil ? nil : "oln-resnet-fpn",
            pixelFeatures: transformer != nil ? "vit" : hasPyramidHead ? "fpn-p3-head" : nil)
    }

    /// The detector, such as `OLN-SSOS on ResNet-50`; nil without one.
    public var detectorName: String? { detector?.description }

    /// Where the pixel score's features come from, such as `ViT-S/14`; nil when there are none.
    public var pixelName: String? { transformer?.description ?? (hasPyramidHead ? "head on pyramid level 3" : nil) }
}
