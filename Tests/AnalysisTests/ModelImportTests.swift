import Analysis
import Basics
import Forgeries
import FoundationEssentials
import Imaging
import ModelFiles
import TestSupport
import Testing

@Suite struct ModelImportTests {
    let folder = TemporaryFolder()
    let library: ModelLibrary

    init() {
        library = ModelLibrary(folder: folder.path + "/models")
    }

    static let transformer = OfficialNames.dinov2(width: 64, depth: 2, registers: 4)
    static let detector =
        OfficialNames.oln(depth: 18, width: 8, channels: 16, features: 32)
        + OfficialNames.ssos(classes: 5, features: 32, channels: 16)

    private func file(
        _ name: String, _ tensors: OfficialNames.Tensors, fill: (String) -> Float = { _ in 0.5 }
    ) throws -> String {
        var writer = CheckpointWriter()
        writer.container = .training
        for (name, extents) in tensors {
            writer.add(name, [Float](repeating: fill(name), count: extents.reduce(1, *)), extents: extents)
        }
        let path = "\(folder.path)/\(name)"
        try writer.archive().write(to: path)
        return path
    }

    private func bundle(_ model: ModelImport) throws -> ModelBundle {
        try ModelBundle.open(path: try model.run(into: library))
    }

    @Test func `Both kinds of weights become one bundle`() throws {
        let files = [try file("vit.pth", Self.transformer), try file("oln.pth", Self.detector)]
        var model = ModelImport(files: files, name: "both")
        model.precision = .int8
        model.licence = "Apache-2.0"
        let bundle = try bundle(model)
        #expect(bundle.card.architecture == .init(detector: "oln-resnet-fpn", pixelFeatures: "vit"))
        #expect(bundle.card.licence == "Apache-2.0")
        #expect(bundle.card.input.longSide == 1333 && bundle.card.input.shortSide == 800)
        #expect(bundle.card.input.sizeDivisor == 32)
        #expect(bundle.card.pixels?.input?.longSide == 518 && bundle.card.pixels?.input?.sizeDivisor == 14)
        #expect(bundle.card.pixels?.precision == .int8)
        #expect(bundle.card.quality?["precision"] == .string("not measured"))
        #expect(bundle.card.detector?.maxDetections == 500)
        // Neither what training alone needs nor what the networks do not read.
        let unused = ["mask_token", "roi_head.means", "rpn_head.rpn_cls.weight", "roi_head.bbox_head.fc_cls.bias"]
        #expect(unused.allSatisfy { !bundle.weights.contains($0) })
        #expect(bundle.weights.contains("roi_head.pseudo_score.0.weight"))
        let identity = try ModelCheck.run(path: bundle.path)
        #expect(identity.detectorName == "OLN-SSOS on ResNet-18, base width 8")
        #expect(identity.pixelName == "ViT/14 of 2 blocks of 64 with 4 registers")
    }

    @Test func `What 8 bits change is measured on the pictures given and stands in the card`() throws {
        var random = SeededGenerator(seed: 3)
        var writer = CheckpointWriter()
        for (name, extents) in Self.transformer {
            let values = (0..<extents.reduce(1, *)).map { _ in Float(random.uniform(in: -0.2..<0.2)) }
            writer.add(name, values, extents: extents)
        }
        try writer.archive().write(to: folder.path + "/random.pth")
        var model = ModelImport(files: [folder.path + "/random.pth"], name: "measured")
        model.precision = .int8
        model.pixelLongSide = 112
        let pictures = (0..<110).map { index in
            let picture = PixelBuffer(width: 112, height: 56, format: .gray8)
            var noise = SeededGenerator(seed: UInt64(index))
            for place in 0..<picture.byteCount { picture.mutableBytes[place] = UInt8(60 + noise.index(below: 60)) }
            return picture
        }
        model.pictures = PrecisionStudy.Pictures(
            learning: pictures, judging: pictures.suffix(3).map { PrecisionStudy.Judged(picture: $0, anomalies: []) })
        let effect = try #require(try bundle(model).card.quality?["precision"])
        guard case .number(let error) = effect["feature_error"] else {
            Issue.record("no feature error in \(effect)")
            return
        }
        #expect(error > 0 && error < 0.2)
        model.name = "unmeasurable"
        model.pictures = PrecisionStudy.Pictures(learning: [], judging: [])
        #expect(throws: ModelFileError.self) { _ = try model.run(into: library) }
        #expect(try library.names().allSatisfy { $0 != "unmeasurable" })
    }

    @Test func `One kind of weights becomes a bundle of that part`() throws {
        var vit = ModelImport(files: [try file("vit.pth", Self.transformer)], name: "vit")
        vit.pixelLongSide = 420
        let pixels = try bundle(vit).card
        #expect(pixels.architecture == .init(detector: nil, pixelFeatures: "vit"))
        #expect(pixels.input.longSide == 420 && pixels.input.sizeDivisor == 14 && pixels.pixels?.input == nil)
        #expect(pixels.detector == nil)
        var oln = ModelImport(files: [try file("oln.pth", Self.detector)], name: "oln")
        oln.longSide = 640
        oln.precision = .fp16
        let detector = try bundle(oln).card
        #expect(detector.architecture == .init(detector: "oln-resnet-fpn", pixelFeatures: nil))
        #expect(detector.input.longSide == 640 && detector.input.shortSide == nil && detector.pixels == nil)
        #expect(try library.names() == ["oln", "vit"])
    }

    @Test func `The bundled extension of a detector is kept, unless a transformer takes its place`() throws {
        let head: OfficialNames.Tensors = [
            ("pixel_head.conv.weight", [24, 16, 3, 3]), ("pixel_head.conv.bias", [24]),
            ("pixel_head.proj.weight", [12, 24, 1, 1]), ("pixel_head.proj.bias", [12]),
        ]
        let detector = try file("oln.pth", Self.detector + head)
        #expect(
            try bundle(ModelImport(files: [detector], name: "one")).card.architecture.pixelFeatures == "fpn-p3-head")
        let both = try bundle(ModelImport(files: [detector, file("vit.pth", Self.transformer)], name: "two"))
        #expect(both.card.architecture.pixelFeatures == "vit")
        #expect(!both.weights.contains("pixel_head.conv.weight"))
    }

    private func refusal(_ model: ModelImport, _ code: ModelFileError.Code, _ words: String...) throws {
        let error = try #require(throws: ModelFileError.self) { _ = try model.run(into: library) }
        #expect(error.code == code, "\(error)")
        for word in words { #expect(error.message.contains(word), "\(error)") }
        let left = (try? FileManager.default.contentsOfDirectory(atPath: library.folder)) ?? []
        #expect(left.isEmpty, "\(left)")
    }

    @Test func `A number that is not finite is refused with file and tensor, and nothing is left`() throws {
        for value in [Float.nan, .infinity] {
            let path = try file("nan.pth", Self.transformer) { $0 == "blocks.1.mlp.fc1.bias" ? value : 0 }
            try refusal(ModelImport(files: [path], name: "nan"), .notFinite, path, "blocks.1.mlp.fc1.bias")
        }
        let path = try file("large.pth", Self.transformer) { $0 == "blocks.0.attn.qkv.weight" ? 1e6 : 0 }
        var model = ModelImport(files: [path], name: "large")
        model.precision = .fp16
        try refusal(model, .notFinite, path, "blocks.0.attn.qkv.weight", "fp32")
        let negative = try file("negative.pth", Self.detector) { $0 == "backbone.bn1.running_var" ? -1 : 1 }
        try refusal(ModelImport(files: [negative], name: "negative"), .notFinite, "backbone.bn1.running_var")
    }

    @Test func `Files that do not make a model are refused, and nothing is left`() throws {
        let (vit, oln) = (try file("vit.pth", Self.transformer), try file("oln.pth", Self.detector))
        try refusal(ModelImport(files: [vit, vit], name: "twice"), .badHeader, vit)
        var narrow = ModelImport(files: [oln], name: "narrow")
        narrow.precision = .int8
        try refusal(narrow, .badCard, "int8")
        try refusal(ModelImport(files: [folder.path + "/none.pth"], name: "none"), .unreadable, "none.pth")
        let others: [(String, String)] = [
            ("decoder.0.weight", "give the DINOv2 file alone"), ("roi_head.flow_model.x", "whole checkpoint"),
            ("classifier.weight", "none of the networks"),
        ]
        for (name, words) in others {
            let path = try file("other.pth", [(name, [2, 2])])
            try refusal(ModelImport(files: [path], name: "other"), .notAModel, path, words)
        }
        let more = try file("more.pth", Self.detector + [("roi_head.extra.weight", [1])])
        try refusal(ModelImport(files: [more], name: "more"), .unexpectedTensor, "roi_head.extra.weight")
        let less = try file("less.pth", Self.detector.filter { $0.name != "neck.fpn_convs.2.conv.bias" })
        try refusal(ModelImport(files: [less], name: "less"), .missingTensor, "neck.fpn_convs.2.conv.bias")
    }

    @Test func `A check finds what is wrong with a bundle`() throws {
        let path = try ModelImport(files: [file("vit.pth", Self.transformer)], name: "vit").run(into: library)
        _ = try ModelCheck.run(path: path)
        func refusal(_ code: ModelFileError.Code, _ word: String) throws {
            let error = try #require(throws: ModelFileError.self) { _ = try ModelCheck.run(path: path) }
            #expect(error.code == code && error.message.contains(word), "\(error)")
        }
        let original = try ModelBundle.card(path: path)
        var card = original
        card.architecture.pixelFeatures = "fpn-p3-head"
        try AtomicFile.write(card.serialized(), to: path + "/card.json")
        try refusal(.badCard, "vit")
        card = original
        card.pixels = ModelCard.PixelNetwork(layers: [1, 2])
        try AtomicFile.write(card.serialized(), to: path + "/card.json")
        try refusal(.badCard, "block 2")
        try AtomicFile.write(original.serialized(), to: path + "/card.json")
        var weights = try Data(contentsOf: URL(filePath: path + "/weights.safetensors"))
        weights[weights.count - 1] ^= 1
        try weights.write(to: URL(filePath: path + "/weights.safetensors"))
        try refusal(.checksumMismatch, "SHA-256")
    }
}
