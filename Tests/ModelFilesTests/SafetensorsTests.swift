import Basics
import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func sample() -> SafetensorsWriter {
        var generator = SeededGenerator(seed: 5)
        var writer = SafetensorsWriter()
        writer.metadata = ["kind": "a \"test\"", "empty": ""]
        writer.add("single", Tensor([3, 1, 5], (0..<15).map { _ in Float(generator.uniform(in: -1e6..<1e6)) }))
        writer.add("half", Tensor([2, 4], [0, -0.0, 1, -1.5, 65504, 6.1e-5, 5.9604645e-8, 0.333]), precision: .half)
        writer.add("doubles", doubles: [1.0 / 3, -1e300, 0x1p-1074], extents: [3])
        writer.add("integers", integers: [Int64.min, -1, 0, Int64.max], extents: [2, 2])
        writer.add("scalar", Tensor([], [42]))
        writer.add("nothing", Tensor([0, 7]))
        return writer
    }

    @Test func `What is written is read back`() throws {
        let path = folder.path + "/model.safetensors"
        try sample().write(to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.names == ["doubles", "half", "integers", "nothing", "scalar", "single"])
        #expect(file.metadata == ["kind": "a \"test\"", "empty": ""])
        #expect(file.extents(of: "single") == [3, 1, 5])
        #expect(file.extents(of: "other") == nil)
        var generator = SeededGenerator(seed: 5)
        let singles = (0..<15).map { _ in Float(generator.uniform(in: -1e6..<1e6)) }
        #expect(try file.tensor("single").array == singles)
        let halves = try file.tensor("half").array
        #expect(halves[..<5] == [0, -0.0, 1, -1.5, 65504])
        #expect(halves[1].sign == .minus)
        #expect(halves[6] == 0x1p-24)
        #expect(abs(halves[7] - 0.333) < 0.333 / 2048)
        #expect(try file.doubles("doubles") == [1.0 / 3, -1e300, 0x1p-1074])
        #expect(try file.tensor("doubles")[0] == Float(1.0 / 3))
        #expect(try file.doubles("scalar") == [42])
        #expect(try file.integers("integers") == [Int64.min, -1, 0, Int64.max])
        #expect(try file.tensor("scalar").shape == [])
        #expect(try file.tensor("nothing").count == 0)
        #expect(try file.tensor("single", shape: [3, 1, 5]).count == 15)
    }

    @Test func `Asking for the wrong thing is refused with file and tensor`() throws {
        let path = try folder.write(sample().serialized(), "model.safetensors")
        let file = try SafetensorsFile(path: path)
        func check(_ code: ModelFileError.Code, _ name: String, _ body: () throws -> Void) throws {
            let error = try #require(throws: ModelFileError.self, performing: body)
            #expect(error.code == code)
            expectGood(error, path, name)
        }
        try check(.missingTensor, "absent") { _ = try file.tensor("absent") }
        try check(.wrongType, "integers") { _ = try file.tensor("integers") }
        try check(.wrongType, "single") { _ = try file.integers("single") }
        try check(.wrongType, "integers") { _ = try file.doubles("integers") }
        try check(.wrongShape, "single") { _ = try file.tensor("single", shape: [15]) }
        try check(.notFinite, "doubles") { _ = try file.parameter("doubles") }
    }

    @Test func `A file cut anywhere is refused or lacks nothing`() throws {
        let whole = sample().serialized()
        let cuts = (0..<20).map { whole.count * $0 / 20 } + [whole.count - 1]
        for length in cuts {
            let path = try folder.write(whole.prefix(length), "model.safetensors")
            let error = try #require(throws: ModelFileError.self) { _ = try SafetensorsFile(path: path) }
            #expect([.truncated, .notAModel, .badHeader].contains(error.code), "\(length): \(error)")
            expectGood(error, path)
        }
        _ = try SafetensorsFile(path: try folder.write(whole, "model.safetensors"))
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        var header: String
        var code: ModelFileError.Code
        var named: String?
        var data = 64
        var testDescription: String { String(header.prefix(70)) }
    }

    static let hostile = [
        Hostile(header: "not json", code: .badHeader),
        Hostile(header: "[]", code: .badHeader),
        Hostile(header: "{\"a\":3}", code: .badHeader, named: "a"),
        Hostile(header: "{\"a\":{}}", code: .badHeader, named: "a"),
        Hostile(header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", code: .badHeader, named: "a"),
        Hostile(header: "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[-1]", "[0,4]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[-1,-1]", "[0,4]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1.5]", "[0,4]"), code: .badHeader),
        Hostile(header: tensor("a", "F32", "[1e300]", "[0,4]"), code: .badHeader),
        Hostile(header: tensor("a", "F32", "[\"1\"]", "[0,4]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[4294967296,4294967296]", "[0,4]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[0,-5]", "[0,0]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F33", "[1]", "[0,4]"), code: .wrongType, named: "a"),
        Hostile(header: tensor("a", "", "[1]", "[0,4]"), code: .wrongType, named: "a"),
        Hostile(header: tensor("a", "F32", "[2]", "[0,4]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[4,0]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[-4,0]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[0]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[0,4,8]"), code: .badHeader, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[9223372036854775804,-9223372036854775808]"), code: .badHeader),
        Hostile(header: tensor("a", "F32", "[4]", "[56,72]"), code: .truncated, named: "a"),
        Hostile(header: tensor("a", "F32", "[1]", "[400,404]"), code: .truncated, named: "a"),
        Hostile(
            header: "{" + body("left", "F32", "[2]", "[0,8]") + "," + body("right", "F32", "[2]", "[4,12]") + "}",
            code: .badHeader, named: "right"),
        Hostile(
            header: "{" + body("left", "F32", "[2]", "[0,8]") + "," + body("right", "F32", "[2]", "[0,8]") + "}",
            code: .badHeader, named: "left"),
        Hostile(header: String(repeating: "[", count: 5000), code: .badHeader),
        Hostile(header: "{\"a\":" + String(repeating: "{\"b\":", count: 3000), code: .badHeader),
        Hostile(header: "{\"\u{0}\":", code: .badHeader),
    ]

    private static func body(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    private static func tensor(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
        "{" + body(name, type, shape, offsets) + "}"
    }

    @Test(arguments: hostile)
    func `A hostile header is refused in one line`(_ hostile: Hostile) throws {
        let path = try folder.write(
            file(header: Data(hostile.header.utf8), data: hostile.data), "model.safetensors")
        let error = try #require(throws: ModelFileError.self) { _ = try SafetensorsFile(path: path) }
        #expect(error.code == hostile.code, "\(error)")
        expectGood(error, path, hostile.named)
    }

    @Test(arguments: [UInt64.max, 1 << 63, 100_000_001, 99_999_999, 200, 1, 0])
    func `A header length that cannot be is refused`(_ length: UInt64) throws {
        var data = Data()
        withUnsafeBytes(of: length.littleEndian) { data.append(contentsOf: $0) }
        data.append(Data(repeating: 0x20, count: 100))
        let path = try folder.write(data, "model.safetensors")
        let error = try #require(throws: ModelFileError.self) { _ = try SafetensorsFile(path: path) }
        #expect([.notAModel, .truncated].contains(error.code))
        expectGood(error, path)
    }

    @Test func `Random damage never crashes and never reads outside the file`() throws {
        let whole = sample().serialized()
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<400 {
            var damaged = whole
            for _ in 0...generator.index(below: 4) {
                damaged[generator.index(below: min(damaged.count, 700))] = UInt8(generator.index(below: 256))
            }
            let path = try folder.write(damaged, "model.safetensors")
            do throws(ModelFileError) {
                let file = try SafetensorsFile(path: path)
                for name in file.names { _ = try? file.tensor(name).array }
            } catch {
                expectGood(error, path)
            }
        }
    }

    @Test func `Missing files and folders are refused`() throws {
        for path in [folder.path, folder.path + "/absent", "/dev/null"] {
            let error = try #require(throws: ModelFileError.self) { _ = try SafetensorsFile(path: path) }
            #expect(error.code == .unreadable)
            expectGood(error, path)
        }
    }

    @Test(arguments: [("F16", [0x00, 0x7E]), ("F16", [0x00, 0x7C]), ("BF16", [0x80, 0xFF]), ("BF16", [0xC0, 0x7F])])
    func `Values that are not finite are read as data and refused as parameters`(_ type: String, _ bytes: [UInt8])
        throws
    {
        var data = file(header: Data(Self.tensor("w", type, "[1]", "[0,2]").utf8), data: 0)
        data.append(contentsOf: bytes)
        let path = try folder.write(data, "model.safetensors")
        let file = try SafetensorsFile(path: path)
        #expect(try !file.tensor("w")[0].isFinite)
        let error = try #require(throws: ModelFileError.self) { _ = try file.parameter("w") }
        #expect(error.code == .notFinite)
        expectGood(error, path, "w")
    }

    @Test func `Brain floats are the upper half of single precision`() throws {
        var data = file(header: Data(Self.tensor("w", "BF16", "[2]", "[0,4]").utf8), data: 0)
        data.append(contentsOf: [0x80, 0x3F, 0x40, 0xC0] as [UInt8])
        #expect(try SafetensorsFile(path: try folder.write(data, "model.safetensors")).tensor("w").array == [1, -3])
    }

    @Test func `Merged files act as one and must not share a name`() throws {
        var second = SafetensorsWriter()
        second.add("more", Tensor([1], [7]))
        let first = try SafetensorsFile(path: try folder.write(sample().serialized(), "a.safetensors"))
        let other = try SafetensorsFile(path: try folder.write(second.serialized(), "b.safetensors"))
        let merged = try MergedTensors([first, other], origin: "both")
        #expect(merged.names.count == first.names.count + 1)
        #expect(try merged.tensor("more").array == [7])
        #expect(try merged.integers("integers").count == 4)
        #expect(throws: ModelFileError.self) { _ = try merged.tensor("doubles") }
        second.add("half", Tensor([1], [7]))
        let clash = try SafetensorsFile(path: try folder.write(second.serialized(), "c.safetensors"))
        let error = try #require(throws: ModelFileError.self) {
            _ = try MergedTensors([first, clash], origin: "both")
        }
        expectGood(error, clash.origin, "half")
    }

    private func file(header: Data, data: Int) -> Data {
        var file = Data()
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(header)
        file.append(Data(repeating: 0, count: data))
        return file
    }

    /// One line that names the file and, where known, the tensor.
    private func expectGood(_ error: ModelFileError, _ path: String, _ name: String? = nil) {
        #expect(!error.message.contains("\n"))
        #expect(error.message.contains(path))
        if let name {
            let words = error.message.split { " :".contains($0) }
            #expect(words.contains { $0 == name }, "\(error)")
        }
    }
}
