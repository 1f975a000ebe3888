import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct ModelLibraryTests {
    let folder: TemporaryFolder
    let library: ModelLibrary

    init() throws {
        folder = TemporaryFolder()
        library = ModelLibrary(folder: folder.path)
    }

    private func fill(_ path: String, _ text: String) throws(ModelFileError) {
        try AtomicFile.write(Data(text.utf8), to: path + "/card.json")
    }

    private func card(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: library.path(of: name) + "/card.json")), as: UTF8.self)
    }

    private var everything: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test func `A bundle appears under its name when it is complete`() throws {
        let path = try library.install("one", replacing: false) { draft throws(ModelFileError) in
            try fill(draft, "1")
            #expect((try? library.names()) == [])
        }
        #expect(path == library.path(of: "one"))
        #expect(try library.names() == ["one"])
        #expect(everything == ["one"])
    }

    @Test func `Nothing is left of a bundle that could not be completed, and the old one stays`() throws {
        _ = try library.install("one", replacing: false) { draft throws(ModelFileError) in try fill(draft, "1") }
        for replacing in [false, true] {
            #expect(throws: ModelFileError.self) {
                _ = try library.install("one", replacing: replacing) { draft throws(ModelFileError) in
                    try fill(draft, "2")
                    throw ModelFileError(.truncated, "enough")
                }
            }
            #expect(everything == ["one"])
            #expect(try card("one") == "1")
        }
        _ = try library.install("one", replacing: true) { draft throws(ModelFileError) in try fill(draft, "3") }
        #expect(try card("one") == "3")
        #expect(everything == ["one"])
    }

    @Test func `What a killed import left is cleared away, and a bundle between two names comes back`() throws {
        for leftover in [".one.incoming", ".one.former"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(leftover)", withIntermediateDirectories: true)
            try fill("\(folder.path)/\(leftover)", leftover)
        }
        #expect(throws: ModelFileError.self) {
            _ = try library.install("one", replacing: true) { _ throws(ModelFileError) in
                throw ModelFileError(.truncated, "enough")
            }
        }
        #expect(everything == ["one"])
        #expect(try card("one") == ".one.former")
    }

    @Test(arguments: ["", ".", "..", "a/b", "../x", "Upper", "a b", "-a", ".a", "ä", String(repeating: "a", count: 65)])
    func `Names that are no plain folder names are refused`(_ name: String) throws {
        #expect(ModelLibrary.problem(withName: name) != nil)
        #expect(throws: ModelFileError.self) {
            _ = try library.install(name, replacing: true) { _ throws(ModelFileError) in }
        }
        #expect(everything.isEmpty)
    }

    @Test(arguments: ["a", "dinov2-vits14_reg4", "oln.v2", "2026"])
    func `Plain names are taken`(_ name: String) { #expect(ModelLibrary.problem(withName: name) == nil) }

    @Test func `A folder that is not there or cannot be written is refused`() throws {
        #expect(throws: ModelFileError.self) { _ = try ModelLibrary(folder: folder.path + "/absent").names() }
        let error = try #require(throws: ModelFileError.self) {
            _ = try ModelLibrary(folder: "/proc/models").install("one", replacing: false) { _ throws(ModelFileError) in
            }
        }
        #expect(error.code == .unwritable && error.message.contains("/proc/models"))
    }

    @Test func `Weights are written one by one with matrices in half precision and vectors in single`() throws {
        let source = TensorTable([
            "m": Tensor([2, 2], [1, 0.333, -65504, 0]), "v": Tensor([2], [1e6, 0.333]), "unused": Tensor([1], [0]),
        ])
        var plan = TensorPlan()
        plan.want("m", [2, 2])
        plan.want("v", [2])
        let path = folder.path + "/w.safetensors"
        let card = try WeightsFile.write(plan, of: source, precision: .half, to: path)
        #expect(try Checksum.sha256(file: path) == (card.sha256, card.bytes))
        let file = try SafetensorsFile(path: path)
        #expect(file.names == ["m", "v"])
        #expect(try file.tensor("v").array == [1e6, 0.333])
        #expect(try abs(file.tensor("m")[1] - 0.333) > 0)
        #expect(try file.tensor("m")[2] == -65504)
    }

    @Test func `What half precision cannot hold is refused`() throws {
        let source = TensorTable(["m": Tensor([2, 1], [1, -70000])])
        var plan = TensorPlan()
        plan.want("m", [2, 1])
        let error = try #require(throws: ModelFileError.self) {
            _ = try WeightsFile.write(plan, of: source, precision: .half, to: folder.path + "/w.safetensors")
        }
        #expect(error.code == .notFinite && error.message.contains("tensor m"), "\(error)")
    }
}
