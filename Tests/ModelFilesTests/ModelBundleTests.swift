import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct ModelBundleTests {
    let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func weights(_ name: String, _ values: [Float]) -> Data {
        var writer = SafetensorsWriter()
        writer.add(name, Tensor([values.count], values))
        return writer.serialized()
    }

    private func card(_ files: [String: Data]) -> ModelCard {
        ModelCard(
            name: "test", architecture: .init(detector: "oln-resnet-fpn", pixelFeatures: "fpn-p3-head"),
            input: .init(mean: [1, 2, 3], std: [4, 5, 6], longSide: 640, sizeDivisor: 32),
            detector: .init(proposalsPerLevel: 100, scoreThreshold: 0.05, nmsIoU: 0.5, maxDetections: 100),
            files: files.mapValues { ModelCard.File(sha256: Checksum.sha256($0), bytes: $0.count) },
            licence: "Apache-2.0", training: .object(["steps": .number(3), "notes": .array([.null, .bool(true)])]),
            limits: ["small"])
    }

    private func make(_ files: [String: Data]) throws {
        for (name, data) in files { try folder.write(data, name) }
        try folder.write(card(files).serialized(), "card.json")
    }

    @Test func `A bundle opens and merges its weight files`() throws {
        try make(["a.safetensors": weights("x", [1]), "b.safetensors": weights("y", [2]), "notes.txt": Data([1, 2])])
        let bundle = try ModelBundle.open(path: folder.path)
        #expect(bundle.weights.names == ["x", "y"])
        #expect(try bundle.weights.tensor("y").array == [2])
        #expect(bundle.card.input.longSide == 640)
        #expect(bundle.card.detector?.proposalsPerLevel == 100)
        #expect(bundle.card.architecture.pixelFeatures == "fpn-p3-head")
        #expect(bundle.card.training?["steps"] == .number(3))
        #expect(bundle.card.limits == ["small"])
    }

    @Test func `A card survives writing and reading`() throws {
        let written = card(["w.safetensors": Data([1])])
        let read = try ModelCard(json: written.serialized(), origin: "card")
        #expect(read.serialized() == written.serialized())
        #expect(read.files == written.files)
    }

    @Test func `Unknown keys are ignored, absent optional parts are nil`() throws {
        let digest = String(repeating: "0", count: 64)
        let json = """
            {"format":1,"name":"n","architecture":{"detector":null,"future":1},"later":[1,{"a":null}],
             "input":{"mean":[0,0,0],"std":[1,1,1],"long_side":64,"size_divisor":14},"licence":"MIT",
             "files":{"w.safetensors":{"sha256":"\(digest)","bytes":3,"x":true}},"quality":{"ap":0.5}}
            """
        let card = try ModelCard(json: Data(json.utf8), origin: "card")
        #expect(card.architecture == ModelCard.Architecture())
        #expect(card.detector == nil)
        #expect(card.limits == nil)
        #expect(card.quality?["ap"] == .number(0.5))
    }

    @Test func `A changed, shortened or missing file is named`() throws {
        let data = weights("x", [1, 2, 3])
        func refusal() throws -> ModelFileError {
            try #require(throws: ModelFileError.self) { _ = try ModelBundle.open(path: folder.path) }
        }
        try make(["a.safetensors": data])
        var changed = data
        changed[changed.count - 1] ^= 1
        try folder.write(changed, "a.safetensors")
        var error = try refusal()
        #expect(error.code == .checksumMismatch)
        #expect(error.message.contains("a.safetensors: SHA-256"))
        try folder.write(data.dropLast(), "a.safetensors")
        error = try refusal()
        #expect(error.code == .checksumMismatch)
        #expect(error.message.contains("\(data.count - 1) bytes"))
        try FileManager.default.removeItem(atPath: folder.path + "/a.safetensors")
        error = try refusal()
        #expect(error.code == .unreadable)
        #expect(error.message.contains("a.safetensors"))
        try FileManager.default.removeItem(atPath: folder.path + "/card.json")
        error = try refusal()
        #expect(error.code == .unreadable)
        #expect(error.message.contains("card.json"))
    }

    @Test func `Weights with a matching checksum but bad contents are refused`() throws {
        try make(["a.safetensors": Data("garbage that is long enough".utf8)])
        #expect(throws: ModelFileError.self) { _ = try ModelBundle.open(path: folder.path) }
        try make(["a.safetensors": weights("x", [.nan]), "b.safetensors": weights("y", [1])])
        let bundle = try ModelBundle.open(path: folder.path)
        let error = try #require(throws: ModelFileError.self) { _ = try bundle.weights.tensor("x") }
        #expect(error.code == .notFinite)
        #expect(error.message.contains("tensor x"))
        try make(["a.safetensors": weights("x", [1]), "b.safetensors": weights("x", [1])])
        let clash = try #require(throws: ModelFileError.self) { _ = try ModelBundle.open(path: folder.path) }
        #expect(clash.message.contains("tensor x"))
    }

    @Test(arguments: [
        ("", "format"), ("[]", "format"), ("{}", "format"), ("{\"format\":2}", "format 2"),
        ("{\"format\":1}", "is missing"), ("{\"format\":1,\"name\":3}", "name"),
    ])
    func `A broken card is refused with the key`(_ json: String, _ part: String) throws {
        let error = try #require(throws: ModelFileError.self) {
            _ = try ModelCard(json: Data(json.utf8), origin: "folder/card.json")
        }
        #expect(error.code == .badCard)
        #expect(error.message.hasPrefix("folder/card.json: "))
        #expect(error.message.contains(part), "\(error)")
        #expect(!error.message.contains("\n"))
    }

    @Test func `Values that make no sense are refused with the key`() throws {
        func refusal(_ change: (inout ModelCard) -> Void) throws -> String {
            var changed = card(["w.safetensors": Data([1])])
            change(&changed)
            let json = changed.serialized()
            return try #require(throws: ModelFileError.self) { _ = try ModelCard(json: json, origin: "card") }.message
        }
        #expect(try refusal { $0.input.mean = [1] }.contains("input.mean"))
        #expect(try refusal { $0.input.std[1] = 0 }.contains("input.std"))
        #expect(try refusal { $0.input.longSide = 0 }.contains("input.long_side"))
        #expect(try refusal { $0.input.longSide = 1 << 40 }.contains("input.long_side"))
        #expect(try refusal { $0.input.sizeDivisor = -1 }.contains("input.size_divisor"))
        #expect(try refusal { $0.detector?.proposalsPerLevel = 0 }.contains("proposals_per_level"))
        #expect(try refusal { $0.detector?.scoreThreshold = 2 }.contains("score_threshold"))
        #expect(try refusal { $0.detector?.nmsIoU = -0.1 }.contains("nms_iou"))
        #expect(try refusal { $0.detector?.maxDetections = 0 }.contains("max_detections"))
        #expect(try refusal { $0.files = [:] }.contains("files"))
        #expect(try refusal { $0.files["../evil"] = .init(sha256: "", bytes: 1) }.contains("../evil"))
        #expect(try refusal { $0.files["w.safetensors"]?.sha256 = "ABC" }.contains("sha256"))
        #expect(try refusal { $0.files["w.safetensors"]?.bytes = -1 }.contains("bytes"))
    }
}
