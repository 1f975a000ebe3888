import FaultLab
import Foundation
import ModelFiles
import Tensors
import TestSupport
import Testing

/// What the comparison with other runtimes rests on: our side of its line protocol, and its arithmetic.
@Suite struct ContenderTests {
    private static let rows = 3
    private static let width = 8

    /// A box head of a few values.
    private struct Head {
        let folder: TemporaryFolder
        let layers: [(weight: [[Float]], bias: [Float])]
        let input: [[Float]]

        init() throws {
            folder = TemporaryFolder()
            func matrix(_ rows: Int, _ columns: Int, _ seed: Int) -> [[Float]] {
                (0..<rows).map { row in (0..<columns).map { Float((row * 7 + $0 * 5 + seed) % 11) / 10 - 0.4 } }
            }
            layers =
                [(matrix(6, width, 1), [0.1, -0.2, 0.3, 0, 0.2, -0.1])]
                + [(matrix(6, 6, 2), [0, 0.1, 0, -0.1, 0.2, 0.3]), (matrix(5, 6, 3), [1, 2, 3, 4, 5])]
            input = matrix(rows, width, 4)
            var writer = SafetensorsWriter()
            func add(_ name: String, _ outputs: Range<Int>, of layer: Int) {
                let (weight, bias) = (layers[layer].weight[outputs], layers[layer].bias[outputs])
                let shape: Shape = [outputs.count, weight.first?.count ?? 0]
                writer.add("roi_head.bbox_head.\(name).weight", Tensor(shape, weight.flatMap { $0 }))
                writer.add("roi_head.bbox_head.\(name).bias", Tensor([outputs.count], Array(bias)))
            }
            add("shared_fcs.0", 0..<6, of: 0)
            add("shared_fcs.1", 0..<6, of: 1)
            add("fc_reg", 0..<4, of: 2)
            add("fc_bbox_score", 4..<5, of: 2)
            try writer.write(to: folder.file("weights.safetensors"))
            try input.flatMap { $0 }.withUnsafeBytes { try Data($0).write(to: URL(filePath: folder.file("input.bin"))) }
        }

        /// Computed the plain way.
        var refinements: [Float] {
            input.flatMap { row in
                layers.enumerated().reduce(row) { values, layer in
                    zip(layer.element.weight, layer.element.bias).map { weights, bias in
                        let sum = zip(weights, values).reduce(bias) { $0 + $1.0 * $1.1 }
                        return layer.offset < 2 ? max(0, sum) : sum
                    }
                }
            }
        }

        func arguments(rows: Int) -> [String] {
            [
                "contender", "--network", "box-head", "--weights", folder.file("weights.safetensors"), "--input",
                folder.file("input.bin"), "--width", "\(width)", "--height", "\(rows)",
            ]
        }
    }

    /// Runs a program with `input` on standard input to its end.
    private func run(
        _ program: String, _ arguments: [String], input: String = "", in folder: String? = nil
    ) throws -> (status: Int32, output: [String], errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let (commands, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (commands, output, errors)
        try process.run()
        try commands.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try commands.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text.split(separator: "\n").map(String.init), complaints)
    }

    @Test func `every command is answered by one line, and the outputs are right`() throws {
        let head = try Head()
        let path = head.folder.file("outputs.bin")
        let outcome = try run(
            Program.bench.path, head.arguments(rows: Self.rows), input: "run\ncheck \(path)\nmemory\njump\nquit\nrun\n")
        try #require(outcome.status == 0, "\(outcome.errors)")
        try #require(outcome.output.count == 5, "\(outcome.output)")
        #expect(outcome.output[0].hasPrefix("ready "))
        #expect(outcome.output[1].split(separator: " ").compactMap { Double($0) }.count == 2)
        #expect(outcome.output[2] == "wrote \(5 * Self.rows)")
        #expect(try #require(Int(outcome.output[3])) > 1024)
        #expect(outcome.output[4].hasPrefix("error:"))
        let found = try Data(contentsOf: URL(filePath: path)).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        try #require(found.count == head.refinements.count)
        for (value, expected) in zip(found, head.refinements) { #expect(abs(value - expected) < 1e-5) }
    }

    @Test func `an input of another size is refused`() throws {
        let head = try Head()
        let outcome = try run(Program.bench.path, head.arguments(rows: Self.rows + 1))
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("input.bin: 96 bytes do not make an input of shape"), "\(outcome.errors)")
    }

    @Test func `the comparison's arithmetic is right`() throws {
        let outcome = try run(
            "/usr/bin/env", ["python3", "-m", "unittest", "comparison.test_figures"],
            in: SharedData.packageRoot + "/Benchmarks")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
