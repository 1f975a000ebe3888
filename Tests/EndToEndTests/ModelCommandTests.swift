import FaultLab
import Forgeries
import Foundation
import TestSupport
import Testing

@Suite struct ModelCommandTests {
    let folder: TemporaryFolder

    init() throws { folder = TemporaryFolder() }

    private func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.monitorctl.run(["model"] + arguments)
    }

    private func checkpoint(_ name: String, leavingOut missing: String = "") throws -> String {
        var writer = CheckpointWriter()
        for (name, extents) in OfficialNames.dinov2(width: 64, depth: 2) where name != missing {
            writer.add(name, zeros: extents)
        }
        try writer.archive().write(to: folder.file(name))
        return folder.file(name)
    }

    @Test func `Weights are imported, listed, shown and verified`() async throws {
        let (file, models) = (try checkpoint("vit.pth"), folder.file("models"))
        let imported = try await run(
            "import", file, "--name", "vit", "--models", models, "--precision", "int8", "--unmeasured")
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(imported.output.contains("ViT/14 of 2 blocks of 64"))
        #expect(imported.errors.contains("model: \(models)/vit"))
        let list = try await run("list", "--models", models)
        #expect(list.output.split(separator: "\n").map { $0.split(separator: "\t").first } == ["name", "vit"])
        let json = try await run("list", "--models", models, "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["precision"] as? String == "int8" && object["stored_as"] as? String == "fp16")
        let shown = try await run("show", "vit", "--models", models, "--json")
        #expect(shown.output == json.output)
        #expect(try await run("verify", "vit", "--models", models).status == 0)
        #expect(try await run("verify", models + "/vit").status == 0)
    }

    @Test func `A name that is taken needs --replace`() async throws {
        let (file, models) = (try checkpoint("vit.pth"), folder.file("models"))
        #expect(try await run("import", file, "--name", "vit", "--models", models).status == 0)
        let again = try await run("import", file, "--name", "vit", "--models", models)
        #expect(again.status == 74)
        #expect(again.errors.contains("--replace"))
        #expect(try await run("import", file, "--name", "vit", "--models", models, "--replace").status == 0)
    }

    @Test func `Bad files and names end with a status and one line`() async throws {
        let models = folder.file("models")
        let file = try checkpoint("cut.pth", leavingOut: "norm.bias")
        let missing = try await run("import", file, "--name", "cut", "--models", models)
        #expect(missing.status == 65)
        #expect(
            missing.errors == "monitorctl: \(file): tensor norm.bias is missing; the file is incomplete or for "
                + "another network\n")
        #expect(try await run("import", file, "--name", "../x", "--models", models).status == 64)
        #expect(try await run("import", file, "--name", "x", "--long-side", "7", "--models", models).status == 64)
        #expect(try await run("verify", "nothing", "--models", models).status == 65)
        #expect(try await run("list", "--models", folder.file("nowhere")).status == 65)
    }

    @Test func `A broken model is named in the list and found by verify`() async throws {
        let (file, models) = (try checkpoint("vit.pth"), folder.file("models"))
        for name in ["good", "bad"] {
            #expect(try await run("import", file, "--name", name, "--models", models).status == 0)
        }
        try Data("{".utf8).write(to: URL(filePath: models + "/bad/card.json"))
        let list = try await run("list", "--models", models)
        #expect(list.status == 65)
        #expect(list.output.contains("good\t") && !list.output.contains("bad"))
        #expect(list.errors.contains(models + "/bad/card.json: not a model card"))
        #expect(try await run("verify", "bad", "--models", models).status == 65)
    }
}
