import Basics
import Forgeries
import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct CheckpointFileTests {
    let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func open(_ writer: CheckpointWriter) throws -> CheckpointFile {
        try CheckpointFile(path: folder.write(writer.serialized(), "model.pth"))
    }

    private func refusal(_ data: Data, _ code: ModelFileError.Code, _ words: String...) throws {
        let path = try folder.write(data, "bad.pth")
        let error = try #require(throws: ModelFileError.self) { _ = try CheckpointFile(path: path) }
        #expect(error.code == code, "\(error)")
        #expect(error.message.contains(path) && !error.message.contains("\n"))
        for word in words { #expect(error.message.contains(word), "\(error)") }
    }

    private var sample: CheckpointWriter {
        var writer = CheckpointWriter()
        writer.add("a.weight", (0..<6).map { Float($0) }, extents: [2, 3])
        writer.add("a.bias", [7, 8], extents: [2])
        return writer
    }

    @Test(arguments: [CheckpointWriter.Container.bare, .training])
    func `Weights are read from a bare dictionary and from a training checkpoint`(
        _ container: CheckpointWriter.Container
    ) throws {
        var writer = sample
        writer.container = container
        let file = try open(writer)
        #expect(file.names == ["a.bias", "a.weight"])
        #expect(file.extents(of: "a.weight") == [2, 3])
        #expect(try file.tensor("a.weight").array == [0, 1, 2, 3, 4, 5])
        #expect(try file.parameter("a.bias", shape: [2]).array == [7, 8])
    }

    @Test(arguments: ["module.", "_orig_mod.", "module._orig_mod."])
    func `What wrappers put before every name is dropped`(_ prefix: String) throws {
        var writer = sample
        writer.prefix = prefix
        #expect(try open(writer).names == ["a.bias", "a.weight"])
    }

    @Test func `A prefix that only some names have stays`() throws {
        var writer = CheckpointWriter()
        writer.add("module.a", [1], extents: [1])
        writer.add("b", [1], extents: [1])
        #expect(try open(writer).names == ["b", "module.a"])
    }

    @Test func `Views of a shared storage are read with their strides and offsets`() throws {
        var writer = CheckpointWriter()
        let data = (0..<24).map { Float($0) }.withUnsafeBytes { Data($0) }
        let storage = writer.store(.init(kind: "FloatStorage", elementSize: 4, contents: .bytes(data)))
        writer.add("whole", storage: storage, extents: [4, 6])
        writer.add("transposed", storage: storage, extents: [6, 4], strides: [1, 6])
        writer.add("part", storage: storage, offset: 8, extents: [2, 3], strides: [6, 2])
        writer.add("one", storage: storage, offset: 23, extents: [], strides: [])
        writer.add("odd", storage: storage, offset: 5, extents: [1, 4, 1], strides: [99, 1, 77])
        writer.add("none", storage: storage, offset: 24, extents: [0, 5])
        let file = try open(writer)
        #expect(try file.tensor("whole").array == (0..<24).map { Float($0) })
        #expect(try file.tensor("transposed").array == (0..<24).map { Float($0 % 4 * 6 + $0 / 4) })
        #expect(try file.tensor("part").array == [8, 10, 12, 14, 16, 18])
        #expect(try file.tensor("one").array == [23])
        #expect(try file.tensor("odd").array == [5, 6, 7, 8])
        #expect(try file.tensor("none").count == 0)
    }

    @Test func `Every type of number is read`() throws {
        var writer = CheckpointWriter()
        func add(_ kind: String, _ size: Int, _ bytes: [UInt8]) {
            let storage = writer.store(.init(kind: kind, elementSize: size, contents: .bytes(Data(bytes))))
            writer.add(kind, storage: storage, extents: [bytes.count / size])
        }
        add("HalfStorage", 2, [0x00, 0x3C, 0x00, 0xC0])
        add("BFloat16Storage", 2, [0x80, 0x3F, 0x40, 0xC0])
        add("DoubleStorage", 8, [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
        add("LongStorage", 8, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        add("IntStorage", 4, [0xFD, 0xFF, 0xFF, 0xFF])
        add("ShortStorage", 2, [0xFC, 0xFF])
        add("CharStorage", 1, [0xFB])
        add("ByteStorage", 1, [0xFA])
        add("BoolStorage", 1, [0, 1])
        let file = try open(writer)
        #expect(try file.tensor("HalfStorage").array == [1, -2])
        #expect(try file.tensor("BFloat16Storage").array == [1, -3])
        #expect(try file.tensor("DoubleStorage").array == [1.5])
        #expect(try file.integers("LongStorage") == [-2])
        #expect(try file.integers("IntStorage") == [-3])
        #expect(try file.integers("ShortStorage") == [-4])
        #expect(try file.integers("CharStorage") == [-5])
        #expect(try file.integers("ByteStorage") == [250])
        #expect(try file.integers("BoolStorage") == [0, 1])
        #expect(throws: ModelFileError.self) { _ = try file.tensor("LongStorage") }
        #expect(throws: ModelFileError.self) { _ = try file.integers("HalfStorage") }
        #expect(throws: ModelFileError.self) { _ = try file.tensor("absent") }
    }

    @Test func `Archives with 64-bit fields and newer pickles are read`() throws {
        var pickle = PickleWriter(protocol: 4)
        pickle.raw(0x95, 200, 0, 0, 0, 0, 0, 0, 0)
        pickle.emptyDictionary()
        pickle.raw(0x94, 0x8C, 1, 0x77)
        pickle.raw(0x8C, 12)
        for byte in "torch._utils".utf8 { pickle.raw(byte) }
        pickle.raw(0x94, 0x8C, 18)
        for byte in "_rebuild_parameter".utf8 { pickle.raw(byte) }
        pickle.raw(0x93)
        pickle.tensor(key: "0", count: 2, extents: [2], strides: [1])
        pickle.boolean(true)
        pickle.none()
        pickle.raw(0x87, 0x52, 0x73)
        pickle.stop()
        var zip = ZipWriter()
        zip.add("m/data.pkl", .bytes(pickle.bytes), wide: true)
        zip.add("m/data/0", .bytes([Float(3), 4].withUnsafeBytes { Data($0) }), wide: true)
        let file = try CheckpointFile(path: folder.write(zip.serialized(), "wide.pth"))
        #expect(try file.tensor("w").array == [3, 4])
    }

    @Test func `Objects of unknown classes matter only where a tensor is wanted`() throws {
        var pickle = PickleWriter()
        pickle.emptyDictionary()
        pickle.text("good")
        pickle.tensor(key: "0", count: 1, extents: [1], strides: [1])
        pickle.setItem()
        pickle.text("odd")
        pickle.global("some.library", "make_tensor")
        pickle.emptyTuple()
        pickle.reduce()
        pickle.setItem()
        pickle.text("typed")
        pickle.tensor(storage: "ComplexFloatStorage", key: "0", count: 1, extents: [1], strides: [1])
        pickle.setItem()
        pickle.stop()
        var zip = ZipWriter()
        zip.add("m/data.pkl", .bytes(pickle.bytes))
        zip.add("m/data/0", .bytes(Data([0, 0, 0x80, 0x3F])))
        let file = try CheckpointFile(path: folder.write(zip.serialized(), "odd.pth"))
        #expect(file.names == ["good", "odd", "typed"])
        #expect(try file.tensor("good").array == [1])
        let odd = try #require(throws: ModelFileError.self) { _ = try file.tensor("odd") }
        #expect(odd.code == .wrongType && odd.message.contains("some.library.make_tensor"), "\(odd)")
        let typed = try #require(throws: ModelFileError.self) { _ = try file.tensor("typed") }
        #expect(typed.message.contains("torch.ComplexFloatStorage"), "\(typed)")
    }

    @Test func `Whole modules, programs and other archives are refused with what to do`() throws {
        var pickle = PickleWriter()
        pickle.global("models.detector", "Detector")
        pickle.emptyTuple()
        pickle.raw(0x81)
        pickle.stop()
        try refusal(
            sample.archive(pickle: pickle.bytes).serialized(), .notAModel, "models.detector.Detector", "state_dict()")
        var script = sample.archive()
        script.add("model/constants.pkl", .bytes(Data([0x80])))
        try refusal(script.serialized(), .notAModel, "TorchScript")
        var other = ZipWriter()
        other.add("readme.txt", .bytes(Data("hello".utf8)))
        try refusal(other.serialized(), .notAModel, "data.pkl")
        var packed = ZipWriter()
        packed.add("model/data.pkl", .bytes(sample.pickle()), method: 8)
        try refusal(packed.serialized(), .badHeader, "model/data.pkl", "compressed")
        var secret = ZipWriter()
        secret.add("model/data.pkl", .bytes(sample.pickle()), flags: 1)
        try refusal(secret.serialized(), .badHeader, "encrypted")
    }

    @Test func `The format before PyTorch 1.6 is refused with the way to save it again`() throws {
        let start: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        try refusal(Data(start + [UInt8](repeating: 0, count: 40)), .notAModel, "1.6", "torch.save(torch.load(")
        try refusal(Data("a text file, not a checkpoint".utf8), .notAModel, "no zip archive")
    }

    @Test func `Other byte orders and versions are refused`() throws {
        var writer = sample
        writer.byteOrder = "big"
        try refusal(writer.serialized(), .notAModel, "big", "little-endian")
        writer.byteOrder = nil
        #expect(try open(writer).names.count == 2)
        writer.version = "99\n"
        try refusal(writer.serialized(), .notAModel, "99")
    }

    @Test func `A single changed bit among the numbers is noticed`() throws {
        var data = sample.serialized()
        let place = try #require(data.firstRange(of: [Float(4)].withUnsafeBytes { Data($0) }))
        data[place.lowerBound] ^= 1
        let file = try CheckpointFile(path: folder.write(data, "flipped.pth"))
        let error = try #require(throws: ModelFileError.self) { _ = try file.tensor("a.weight") }
        #expect(error.code == .checksumMismatch && error.message.contains("a.weight"), "\(error)")
        #expect(try file.tensor("a.bias").array == [7, 8])
    }

    @Test func `A tensor with more than four dimensions is refused when it is asked for`() throws {
        var writer = CheckpointWriter()
        writer.add("deep", [1, 2], extents: [1, 1, 2, 1, 1])
        let file = try open(writer)
        let error = try #require(throws: ModelFileError.self) { _ = try file.tensor("deep") }
        #expect(error.code == .wrongShape && error.message.contains("deep"))
    }

    @Test func `Either kind of file is recognised by how it begins`() throws {
        let checkpoint = try folder.write(sample.serialized(), "named.safetensors")
        #expect(try TensorFile.open(path: checkpoint).names.count == 2)
        var writer = SafetensorsWriter()
        writer.add("x", Tensor([1], [1]))
        #expect(try TensorFile.open(path: folder.write(writer.serialized(), "named.pth")).names == ["x"])
    }
}
