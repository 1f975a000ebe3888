import Analysis
import Imaging
import ModelFiles
import Networks
import ObjectAnomaly
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("oln_ssos") && SharedData.hasGolden("dinov2"), "no reference vectors here"))
struct ModelImportGoldenTests {
    let folder = TemporaryFolder()
    let context = ComputeContext(pool: ComputePool(width: 2))

    private func bundle(_ files: [String]) throws -> ModelBundle {
        let model = ModelImport(files: files.map { "\(SharedData.golden)/\($0)" }, name: "golden")
        return try ModelBundle.open(path: try model.run(into: ModelLibrary(folder: folder.path)))
    }

    /// `[1, C, H, W]` as stored by the reference, as our `[H, W, C]`.
    private func channelsLast(_ tensor: Tensor) -> Tensor {
        let (channels, height, width) = (tensor.shape[1], tensor.shape[2], tensor.shape[3])
        let result = Tensor([height, width, channels])
        for channel in 0..<channels {
            for cell in 0..<height * width {
                result[cell * channels + channel] = tensor[channel * height * width + cell]
            }
        }
        return result
    }

    @Test(arguments: ["a_noreg", "b_reg4"])
    func `An imported DINOv2 beside a detector gives the official tokens`(_ model: String) throws {
        let bundle = try bundle(["dinov2/vit_tiny14_\(model)_pretrain.pth", "oln_ssos/oln_ssos_k5_tiny.pth"])
        let transformer = try VisionTransformer(bundle.weights)
        let outputs = try SharedData.golden("dinov2", "outputs_\(model).safetensors")
        for size in ["224x224", "126x210"] {
            let image = channelsLast(try SharedData.golden("dinov2", "inputs.safetensors").tensor("input_\(size)"))
            let found = transformer(image, layers: [transformer.depth - 1], context: context)[0].array
            let expected = try outputs.tensor("\(size).x_norm_patchtokens").array
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test(arguments: ["img0", "img1"])
    func `An imported OLN-SSOS gives the official detections`(_ image: String) throws {
        let weights = try bundle(["oln_ssos/oln_ssos_k5_tiny.pth"]).weights
        let outputs = try SharedData.golden("oln_ssos", "\(image)_outputs.safetensors")
        let size = try outputs.integers("img_shape").map { Int($0) }
        let original = try outputs.integers("ori_shape").map { Int($0) }
        let fit = InputFit(originalWidth: original[1], originalHeight: original[0], width: size[1], height: size[0])
        let maps = try ResNet(weights)(channelsLast(try outputs.tensor("input")), context: context)
        let pyramid = try FeaturePyramid(weights)(maps, context: context)
        let detector = try ObjectDetector(weights)
        let found = detector(pyramid, fit: fit, normality: try NormalityModel(weights), context: context).detections
        let expected = try outputs.tensor("det_ssos")
        #expect(found.count == expected.shape[0])
        for row in 0..<expected.shape[0] {
            let values = (0..<6).map { expected[6 * row + $0] }
            let match = found.contains { detection in
                let box = detection.box
                return zip([box.x1, box.y1, box.x2, box.y2], values).allSatisfy { abs($0 - $1) < 0.01 }
                    && abs(detection.score - values[4]) < 1e-4
                    && abs((detection.normalProbability ?? -1) - values[5]) < 1e-4
            }
            #expect(match, "row \(row): \(values)")
        }
    }

    @Test func `The bundled model is recognised and sound`() throws {
        let identity = try ModelCheck.run(path: SharedData.packageRoot + "/Models/default")
        #expect(identity.detectorName == "OLN on ResNet-18, base width 32")
        #expect(identity.pixelName == "head on pyramid level 3")
    }
}
