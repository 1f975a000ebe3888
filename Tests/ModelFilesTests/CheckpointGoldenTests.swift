import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite(.enabled(if: SharedData.hasGolden("INDEX.md"), "the reference vectors are not here"))
struct CheckpointGoldenTests {
    struct Twin: Sendable, CustomTestStringConvertible {
        let folder: String
        let checkpoint: String
        let tensors: [String]
        var testDescription: String { "\(folder)/\(checkpoint)" }
    }

    static let twins = [
        Twin(
            folder: "dinov2", checkpoint: "vit_tiny14_a_noreg_pretrain.pth", tensors: ["weights_a_noreg.safetensors"]),
        Twin(
            folder: "dinov2", checkpoint: "vit_tiny14_b_reg4_pretrain.pth",
            tensors: ["weights_a_noreg.safetensors", "weights_b_reg4.safetensors"]),
        Twin(folder: "oln_ssos", checkpoint: "oln_ssos_k5_tiny.pth", tensors: ["weights_ssos.safetensors"]),
        Twin(folder: "oln_ssos", checkpoint: "oln_mask_k5_tiny.pth", tensors: ["weights_mask.safetensors"]),
        Twin(folder: "ffs_flow", checkpoint: "flow.pth", tensors: ["flow_weights.safetensors"]),
        Twin(folder: "mask2former", checkpoint: "mask2former_head_tiny.pth", tensors: ["weights.safetensors"]),
        Twin(folder: "denseflow", checkpoint: "denseflow_tiny.pth", tensors: ["weights.safetensors"]),
        Twin(folder: "swiftnet_rn18", checkpoint: "swiftnet_rn18_tiny.pth", tensors: ["weights.safetensors"]),
    ]

    @Test(arguments: twins)
    func `Every tensor equals its twin bit for bit`(_ twin: Twin) throws {
        let checkpoint = try CheckpointFile(path: "\(SharedData.golden)/\(twin.folder)/\(twin.checkpoint)")
        let files = try twin.tensors.map { try SharedData.golden(twin.folder, $0) }
        let merged = try MergedTensors(files, origin: twin.folder)
        // The twins of one model hold the tensors of a second head that its checkpoint does not have.
        let others = merged.names.filter { !checkpoint.contains($0) && !$0.hasPrefix("ood_head.") }
        #expect(others.isEmpty)
        #expect(!checkpoint.names.isEmpty)
        for name in checkpoint.names { try compare(name, checkpoint, merged) }
    }

    /// PixOOD's two checkpoints share one file of twins.
    @Test func `PixOOD's checkpoints equal their twins bit for bit`() throws {
        let weights = try SharedData.golden("pixood", "weights.safetensors")
        for file in ["checkpoint-backbone.pth", "dinov2_tiny14_pretrain.pth"] {
            let checkpoint = try CheckpointFile(path: "\(SharedData.golden)/pixood/\(file)")
            #expect(!checkpoint.names.isEmpty)
            let prefix = file.hasPrefix("dinov2") ? "dinov2." : ""
            for name in checkpoint.names { try compare(name, checkpoint, weights, prefix: prefix) }
        }
    }

    private func compare(
        _ name: String, _ left: any TensorSource, _ right: any TensorSource, prefix: String = ""
    ) throws {
        let twin = prefix + name
        #expect(left.extents(of: name) == right.extents(of: twin), "\(name)")
        if let values = try? left.integers(name) {
            #expect(try values == right.integers(twin), "\(name)")
        } else {
            let (found, expected) = (try left.tensor(name), try right.tensor(twin))
            #expect(found.array.map(\.bitPattern) == expected.array.map(\.bitPattern), "\(name)")
        }
    }
}
