internal import CKernels
internal import Glibc
public import ModelFiles
package import Networks
package import Tensors

/// The mask branch of OLN-Mask: which pixels of its box an object covers, and how good that mask is.
///
/// Four 3x3 convolutions over a 14 x 14 grid of pooled features; a mask of 28 x 28 logits and, from the same features (the
/// predicted mask is not used), its predicted intersection over union with the truth.
public struct MaskHead: Sendable {
    private let pooling: RegionPooling
    private let convolutions: [Convolution]
    /// The 2x2 stride-2 deconvolution as one product: four outputs for each cell.
    private let enlargement: Linear
    private let logits: Linear
    private let qualityConvolution: Convolution
    private let qualityLayers: [Linear]

    /// Cells of the pooled grid along each axis.
    private static let bins = 14
    /// Cells of a mask along each axis.
    public static let side = 2 * bins

    /// What the masks of some objects are made from; borrowed from the run's workspace.
    package struct Prediction {
        /// `[N, 28, 28]`, logits of a cell's being covered.
        package let logits: Tensor
        /// `[N]`: predicted intersection over union, about 0 to 1 but not confined to it.
        package let quality: Tensor
    }

    /// Whether the source holds a mask branch.
    public static func isPresent(in source: any TensorSource, prefix: String = "roi_head") -> Bool {
        source.contains(prefix + ".mask_head.conv_logits.weight")
    }

    /// Reads `<prefix>.mask_head` (`convs.{i}.conv`, `upsample`, `conv_logits`) and `<prefix>.mask_iou_head` (`convs.0`,
    /// `fcs.{i}`, `fc_mask_iou`).
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "roi_head") throws(ModelFileError) {
        pooling = RegionPooling(bins: Self.bins)
        let (mask, quality) = (prefix + ".mask_head", prefix + ".mask_iou_head")
        var convolutions: [Convolution] = []
        repeat {
            let name = "\(mask).convs.\(convolutions.count).conv"
            convolutions.append(
                try Self.convolution(source, name, inputs: convolutions.last?.outputChannels))
        } while source.contains("\(mask).convs.\(convolutions.count).conv.weight")
        let width = convolutions[convolutions.count - 1].outputChannels
        enlargement = try Self.enlargement(source, mask + ".upsample", inputs: width)
        logits = try Linear(source, mask + ".conv_logits")
        qualityConvolution = try Self.convolution(source, quality + ".convs.0", inputs: width)
        var layers = [try Linear(source, quality + ".fcs.0", flattenedCells: Self.bins * Self.bins / 4)]
        while source.contains("\(quality).fcs.\(layers.count).weight") {
            layers.append(try Linear(source, "\(quality).fcs.\(layers.count)"))
        }
        layers.append(try Linear(source, quality + ".fc_mask_iou"))
        self.convolutions = convolutions
        qualityLayers = layers
        let pooledWidth = Self.bins * Self.bins / 4 * qualityConvolution.outputChannels
        let inputs = [pooledWidth] + layers.map(\.outputWidth)
        guard zip(layers, inputs).allSatisfy({ $0.inputWidth == $1 }), inputs.last == 1, logits.outputWidth == 1,
            4 * logits.inputWidth == enlargement.outputWidth
        else {
            throw ModelFileError(
                .wrongShape, "\(source.origin): the layers of \(mask) and \(quality) do not fit each other")
        }
    }

    private static func convolution(
        _ source: any TensorSource, _ name: String, inputs: Int?
    ) throws(ModelFileError) -> Convolution {
        let convolution = try Convolution(source, name, padding: 1, cells: block * pitch * bins)
        guard convolution.kernelHeight == 3, convolution.kernelWidth == 3,
            inputs.map({ $0 == convolution.inputChannels }) ?? true
        else {
            throw ModelFileError(
                .wrongShape,
                "\(source.origin): tensor \(name).weight does not fit: expected a 3x3 kernel"
                    + (inputs.map { " over \($0) channels" } ?? ""))
        }
        return convolution
    }

    /// The weights `[in, out, 2, 2]` of a transposed convolution, as those of a linear layer to `[2, 2, out]`.
    private static func enlargement(
        _ source: any TensorSource, _ name: String, inputs: Int
    ) throws(ModelFileError) -> Linear {
        let bias = try source.parameter(name + ".bias")
        let outputs = bias.count
        let stored = try source.parameter(name + ".weight", shape: [inputs, outputs, 2, 2])
        let weight = Tensor([4 * outputs, inputs])
        for input in 0..<inputs {
            for output in 0..<outputs {
                for place in 0..<4 {
                    weight.row(place * outputs + output)[input] = stored.row(input)[output * 4 + place]
                }
            }
        }
        return Linear(weight: weight, bias: Tensor([4 * outputs], (0..<4).flatMap { _ in bias.array }))
    }

    /// Channels of the pyramid this head reads.
    public var inputChannels: Int { convolutions[0].inputChannels }

    /// Masks of boxes `[N, 4]` in input pixels.
    package func callAsFunction(_ pyramid: [FeatureMap], boxes: Tensor, context: ComputeContext) -> Prediction {
        let workspace = context.workspace
        let count = boxes.shape[0]
        let prediction = Prediction(
            logits: workspace.borrow([count, Self.side, Self.side]), quality: workspace.borrow([count]))
        for start in stride(from: 0, to: count, by: Self.block) {
            let rows = start..<min(count, start + Self.block)
            let features = features(pyramid, boxes: boxes, rows: rows, context: context)
            predictMasks(features, rows: rows, into: prediction.logits, context: context)
            predictQuality(features, rows: rows, into: prediction.quality, context: context)
            workspace.giveBack(features)
        }
        return prediction
    }

    /// Objects whose grids form one tall map, so that each pass over the weights serves them all.
    private static let block = 8
    /// Rows from one grid to the next: a row of zeros keeps the windows of neighbours apart.
    private static let pitch = bins + 1

    /// The last convolution's output, `[rows.count * pitch, bins, channels]`; borrowed.
    package func features(
        _ pyramid: [FeatureMap], boxes: Tensor, rows: Range<Int>, context: ComputeContext
    ) -> Tensor {
        let workspace = context.workspace
        var current = pooled(pyramid, boxes: boxes, rows: rows, context: context)
        for convolution in convolutions {
            let next = workspace.borrow(convolution.outputShape(current.shape))
            Self.clearGaps(of: current)
            convolution(current, into: next, activation: .relu, context: context)
            workspace.giveBack(current)
            current = next
        }
        return current
    }

    /// The grid of one object among the features of several.
    package static func grid(_ index: Int, of features: Tensor) -> UnsafeMutablePointer<Float> {
        features.row(index * pitch)
    }

    private func pooled(
        _ pyramid: [FeatureMap], boxes: Tensor, rows: Range<Int>, context: ComputeContext
    ) -> Tensor {
        let channels = inputChannels
        let size = Self.bins * Self.bins * channels
        let regions = context.workspace.borrow([rows.count, size])
        pooling(pyramid, boxes: boxes, rows: rows, into: regions, context: context)
        let map = context.workspace.borrow([rows.count * Self.pitch, Self.bins, channels])
        for index in 0..<rows.count {
            memcpy(Self.grid(index, of: map), regions.row(index), size * MemoryLayout<Float>.stride)
        }
        context.workspace.giveBack(regions)
        return map
    }

    private static func clearGaps(of map: Tensor) {
        for row in stride(from: bins, to: map.shape[0], by: pitch) {
            memset(map.row(row), 0, map.count / map.shape[0] * MemoryLayout<Float>.stride)
        }
    }

    private func predictMasks(_ features: Tensor, rows: Range<Int>, into result: Tensor, context: ComputeContext) {
        let workspace = context.workspace
        let cells = features.shape[0] * Self.bins
        let enlarged = workspace.borrow([cells, enlargement.outputWidth])
        enlargement(features, into: enlarged, activation: .relu, context: context)
        let quads = workspace.borrow([features.shape[0], Self.bins, 4])
        logits(enlarged, into: quads, context: context)
        for (index, row) in rows.enumerated() {
            ck_spread_quads(Self.grid(index, of: quads), Self.bins, Self.bins, result.row(row))
        }
        workspace.giveBack(quads)
        workspace.giveBack(enlarged)
    }

    private func predictQuality(_ features: Tensor, rows: Range<Int>, into result: Tensor, context: ComputeContext) {
        let workspace = context.workspace
        let convolved = workspace.borrow(qualityConvolution.outputShape(features.shape))
        Self.clearGaps(of: features)
        qualityConvolution(features, into: convolved, activation: .relu, context: context)
        var current = workspace.borrow([rows.count, qualityLayers[0].inputWidth])
        for index in 0..<rows.count {
            ck_max_pool_2x2(
                Self.grid(index, of: convolved), Self.bins, Self.bins, qualityConvolution.outputChannels,
                current.row(index))
        }
        workspace.giveBack(convolved)
        for (index, layer) in qualityLayers.enumerated() {
            let next = workspace.borrow([rows.count, layer.outputWidth])
            let isLast = index == qualityLayers.count - 1
            layer(current, into: next, activation: isLast ? .none : .relu, context: context)
            workspace.giveBack(current)
            current = next
        }
        memcpy(result.pointer + rows.lowerBound, current.pointer, rows.count * MemoryLayout<Float>.stride)
        workspace.giveBack(current)
    }
}

extension Workspace {
    /// Returns the prediction's memory; nobody may use it afterwards.
    package func giveBack(_ prediction: MaskHead.Prediction) {
        giveBack(prediction.logits)
        giveBack(prediction.quality)
    }
}
