import Glibc
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("oln_ssos"), "the reference vectors of oln_ssos are not here"))
struct MaskGoldenTests {
    static let images = ["img0", "img1"]

    /// One picture's reference vectors and the official model with masks.
    struct Reference {
        let weights: SafetensorsFile
        let masks: SafetensorsFile
        let pyramid: [FeatureMap]
        let fit: InputFit
        let context = ComputeContext(pool: ComputePool(width: 2))

        init(_ image: String) throws {
            let boxes = try DetectionGoldenTests.Reference(image)
            weights = try SharedData.golden("oln_ssos", "weights_mask.safetensors")
            masks = try SharedData.golden("oln_ssos", "\(image)_mask_outputs.safetensors")
            fit = boxes.fit
            let input = channelsLast(try boxes.outputs.tensor("input"))
            pyramid = try FeaturePyramid(weights)(try ResNet(weights)(input, context: context), context: context)
        }

        func detections(_ configuration: DetectorConfiguration = .publishedMasks) throws -> [Detection] {
            let detector = try ObjectDetector(weights, configuration: configuration)
            return detector(pyramid, fit: fit, normality: try NormalityModel(weights), context: context).detections
        }
    }

    @Test(arguments: images)
    func `The detector with masks finds the official detections in their order`(_ image: String) throws {
        let reference = try Reference(image)
        let found = try reference.detections()
        let before = try reference.masks.tensor("det_before_mask_fusion")
        let expected = try reference.masks.tensor("det_final")
        let quality = try reference.masks.tensor("mask_iou")
        #expect(found.count == expected.shape[0])
        for (index, detection) in found.enumerated() where index < expected.shape[0] {
            let row = expected.row(index)
            let box = detection.box
            expectClose([box.x1, box.y1, box.x2, box.y2], (0..<4).map { row[$0] }, within: 0.01, "box \(index)")
            // The cube root magnifies the rounding of a quality near 0.
            let slope = before.row(index)[4] / (3 * pow(abs(quality.pointer[index]), 2 / 3))
            #expect(abs(detection.score - row[4]) < max(1e-4, slope * 2e-5), "score \(index)")
            #expect(abs((detection.normalProbability ?? -1) - row[5]) < 1e-4, "normality \(index)")
            #expect(abs((detection.mask?.quality ?? -9) - quality.pointer[index]) < 1e-4, "mask quality \(index)")
            // The box's own score follows from both.
            #expect(abs(before.row(index)[4] * cbrt(quality.pointer[index]) - row[4]) < 1e-5)
        }
    }

    @Test func `Pooled grids, convolved features and masks equal the official ones`() throws {
        let reference = try Reference("img1")
        let context = reference.context
        let head = try MaskHead(reference.weights)
        let boxes = try reference.masks.tensor("mask_rois_input_coords")
        let pooled = Tensor([5, 14 * 14 * head.inputChannels])
        RegionPooling(bins: 14)(reference.pyramid, boxes: boxes, rows: 0..<5, into: pooled, context: context)
        expectClose(
            pooled.array, channelsLast(try reference.masks.tensor("mask_roi14_first5")).array, within: 1e-5, "14 x 14")

        let features = head.features(reference.pyramid, boxes: boxes, rows: 0..<5, context: context)
        let expected = channelsLast(try reference.masks.tensor("mask_F_first5"))
        let size = expected.count / 5
        for index in 0..<5 {
            let grid = withExtendedLifetime(features) {
                Array(UnsafeBufferPointer(start: MaskHead.grid(index, of: features), count: size))
            }
            expectClose(
                grid, expected.array[index * size..<(index + 1) * size], within: 1e-4, "features \(index)")
        }

        let masks = head(reference.pyramid, boxes: boxes, context: context)
        let logits = try reference.masks.tensor("mask_logits28_first20")
        expectClose(masks.logits.array.prefix(logits.count), logits.array, within: 1e-4, "logits")
        expectClose(masks.quality.array, try reference.masks.tensor("mask_iou").array, within: 1e-4, "quality")
    }

    @Test func `Masks pasted into the picture cover the official pixels, but for a few on the threshold`() throws {
        let reference = try Reference("img1")
        let expected = try reference.masks.integers("masks_first20")
        let (width, height) = (reference.fit.originalWidth, reference.fit.originalHeight)
        for (index, detection) in try reference.detections().prefix(20).enumerated() {
            let silhouette = try #require(detection.mask?.silhouette)
            var covered = [Int64](repeating: 0, count: width * height)
            silhouette.forEachPiece { row, columns in
                for column in columns { covered[row * width + column] = 1 }
            }
            let truth = expected[index * width * height..<(index + 1) * width * height]
            let wrong = zip(covered, truth).count { $0 != $1 }
            #expect(wrong <= 3, "mask \(index): \(wrong) of \(truth.reduce(0, +)) pixels")
            #expect(Int64(silhouette.area) == covered.reduce(0, +))
        }
    }

    @Test func `Finding objects with masks again allocates no tensors`() throws {
        let reference = try Reference("img0")
        let first = try reference.detections()
        let allocations = reference.context.workspace.allocations
        #expect(try reference.detections() == first)
        #expect(reference.context.workspace.allocations == allocations)
    }

    @Test(arguments: [
        "mask_head.upsample.weight", "mask_head.convs.2.conv.weight", "mask_iou_head.convs.0.weight",
        "mask_iou_head.fcs.1.weight", "mask_iou_head.fc_mask_iou.weight",
    ])
    func `A mask branch without a tensor, or with one of another shape, is refused by name`(_ name: String) throws {
        let file = try SharedData.golden("oln_ssos", "weights_mask.safetensors")
        var tensors: [String: Tensor] = [:]
        for key in file.names where key.hasPrefix("roi_head.mask") { tensors[key] = try file.tensor(key) }
        #expect(throws: Never.self) { try MaskHead(TensorTable(tensors)) }
        let full = "roi_head." + name
        let shape = try #require(tensors[full]?.shape.array)
        tensors[full] = Tensor(Shape([shape[0] + 1] + shape.dropFirst()), repeating: 0)
        #expect { try MaskHead(TensorTable(tensors)) } throws: { ($0 as? ModelFileError)?.code == .wrongShape }
        tensors[full] = nil
        guard !name.hasSuffix("convs.2.conv.weight"), !name.hasSuffix("fcs.1.weight") else { return }
        #expect { try MaskHead(TensorTable(tensors)) } throws: {
            ($0 as? ModelFileError)?.message.contains(full) == true
        }
    }
}
