import ArgumentParser
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors

/// A network as the runtimes of the comparison know it: one input, raw outputs.
enum ComparedNetwork {
    /// All tokens behind the last block, normalised.
    case vit(VisionTransformer)
    /// Objectness and distances of every pyramid level, and the pixel head's features of P3 where there is one.
    case detector(ResNet, FeaturePyramid, ProposalHead, pixelHead: [Convolution])
    /// Box deltas and quality of pooled regions.
    case boxHead([Linear])

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case vit
        case detector
        case boxHead = "box-head"
    }

    /// One result: `[cells, channels]`.
    struct Output {
        let values: Tensor
        let isMap: Bool
    }

    /// - Parameters:
    ///   - planned: size of the pictures to come.
    ///   - precision: of a transformer's blocks.
    /// - Throws: `ModelFileError` when the weights do not fit the kind.
    init(
        _ kind: Kind, _ source: any TensorSource, planned: PlannedInput, precision: ModelCard.Precision = .fp32
    ) throws(ModelFileError) {
        switch kind {
        case .vit: self = .vit(try VisionTransformer(source, precision: precision))
        case .detector:
            let hasPixels = source.contains("pixel_head.conv.weight")
            self = .detector(
                try ResNet(source, planned: planned), try FeaturePyramid(source, planned: planned),
                try ProposalHead(source),
                pixelHead: hasPixels
                    ? [
                        try Convolution(source, "pixel_head.conv", padding: 1),
                        try Convolution(source, "pixel_head.proj"),
                    ] : [])
        case .boxHead:
            let name = "roi_head.bbox_head."
            let names = [name + "fc_reg", name + "fc_bbox_score"]
            let weights = try names.map { name throws(ModelFileError) in try source.parameter(name + ".weight") }
            let biases = try names.map { name throws(ModelFileError) in try source.parameter(name + ".bias") }
            let outputs = Linear(
                weight: Tensor([5, weights[0].shape[1]], weights.flatMap(\.array)),
                bias: Tensor([5], biases.flatMap(\.array)))
            self = .boxHead([
                try Linear(source, name + "shared_fcs.0"), try Linear(source, name + "shared_fcs.1"), outputs,
            ])
        }
    }

    /// - Parameter input: `[H, W, 3]`, or `[N, values]` for the box head.
    /// - Returns: results borrowed from the context's workspace.
    func callAsFunction(_ input: Tensor, context: ComputeContext) -> [Output] {
        switch self {
        case .vit(let network):
            return network.allTokens(input, layers: [network.depth - 1], context: context)
                .map { Output(values: $0, isMap: false) }
        case .detector(let backbone, let neck, let head, let pixelHead):
            let maps = backbone(input, context: context)
            let pyramid = neck(maps, context: context)
            context.workspace.giveBack(maps)
            var outputs: [Output] = []
            for level in pyramid {
                let (objectness, distances) = head.outputs(of: level, context: context)
                outputs += [Output(values: objectness, isMap: true), Output(values: distances, isMap: true)]
            }
            if pixelHead.count == 2 {
                let features = Self.pixels(pyramid[1].tensor, pixelHead[0], pixelHead[1], context)
                outputs.append(Output(values: features, isMap: true))
            }
            context.workspace.giveBack(pyramid)
            return outputs
        case .boxHead(let layers):
            let rows = input.shape[0]
            let hidden = context.workspace.borrow([rows, layers[0].outputWidth])
            let features = context.workspace.borrow([rows, layers[1].outputWidth])
            layers[0](input, into: hidden, activation: .relu, context: context)
            layers[1](hidden, into: features, activation: .relu, context: context)
            let refinements = context.workspace.borrow([rows, layers[2].outputWidth])
            layers[2](features, into: refinements, context: context)
            context.workspace.giveBack(hidden)
            context.workspace.giveBack(features)
            return [Output(values: refinements, isMap: false)]
        }
    }

    private static func pixels(
        _ level: Tensor, _ convolution: Convolution, _ projection: Convolution, _ context: ComputeContext
    ) -> Tensor {
        let hidden = context.workspace.borrow(convolution.outputShape(level.shape))
        convolution(level, into: hidden, activation: .relu, context: context)
        let features = context.workspace.borrow(projection.outputShape(hidden.shape))
        projection(hidden, into: features, context: context)
        context.workspace.giveBack(hidden)
        return features
    }
}
