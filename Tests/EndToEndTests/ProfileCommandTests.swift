import Alerting
import Analysis
import FaultLab
import Foundation
import Imaging
import TestSupport
import Testing

/// What an operator can see of profiles, and do with them.
@Suite(.serialized)
struct ProfileCommandTests {
    private struct Shown: Decodable {
        struct Part: Decodable {
            struct PatchClass: Decodable {
                let share: Double
                let coverage: [Double]
            }
            let regime: Regime
            let learned: RegimeRecord
            let classes: [PatchClass]
        }
        struct Alarms: Decodable {
            let unlabelled: Int
            let `false`: Int
            let confirmed: Int
        }
        let profile: String
        let version: Int
        let versions: [Int]
        let fitsModel: Bool
        let parts: [Part]
        let observed: Alarms?

        private enum CodingKeys: String, CodingKey {
            case profile, version, versions, parts, observed
            case fitsModel = "fits_model"
        }
    }

    /// A site whose camera has two versions of a profile, the second of which is in force.
    private func site(_ more: String = "") async throws -> Site {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [camera.yaml(more), #"name: gate, source: "gate.mp4""#])
        try FileManager.default.copyItem(atPath: camera.profiles, toPath: site.folder.file("profiles"))
        let store = ProfileStore(root: site.folder.file("profiles"))
        try FileManager.default.copyItem(
            atPath: store.versionFolder("yard", 1), toPath: store.learningFolder("yard") + "-copy")
        var record = try store.verify(1, of: "yard")
        record.version = 2
        record.files = [:]
        try store.install(staged: store.learningFolder("yard") + "-copy", record: record, as: "yard")
        return site
    }

    private func damage(_ version: Int, _ site: Site) throws {
        let store = ProfileStore(root: site.folder.file("profiles"))
        try Data("damaged".utf8).write(
            to: URL(filePath: store.versionFolder("yard", version) + "/day/pixels.safetensors"))
    }

    @Test func `a profile is shown as text, as JSON and as a picture`() async throws {
        let site = try await site()
        let png = site.folder.file("yard.png")
        let text = try await site.run(.monitorctl, ["profile", "show", "yard", "--png", png])
        #expect(text.status == 0, "\(text.errors)")
        for words in [
            "yard v2, in force", "other versions    v1", "regime            day", "events open at", "0.01 % +",
        ] {
            #expect(text.output.contains(words), "\(words): \(text.output)")
        }
        // Into a pipe nothing but ASCII, and no line that a narrow terminal would break within the plot.
        let plot = text.output.split(separator: "\n").filter { $0.contains(" % +") || $0.contains("       |") }
        #expect(plot.count == 10 && plot.allSatisfy { $0.utf8.allSatisfy { $0 < 128 } && $0.count < 80 })

        let picture = try PNGReader.read(png)
        #expect(picture.format == .rgb24 && picture.width == 1040 && picture.height > 600)
        #expect(Set(picture.bytes.prefix(3000)) == [255])
        #expect(picture.bytes.count { $0 < 128 } > 10_000)

        let json = try await site.run(.monitorctl, ["profile", "show", "yard", "--json", "--version", "1"])
        let shown = try JSONDecoder().decode(Shown.self, from: Data(json.output.utf8))
        #expect(shown.profile == "yard" && shown.version == 1 && shown.versions == [1, 2] && shown.fitsModel)
        #expect(shown.parts.map(\.regime) == [.day] && shown.parts[0].learned.framesLearned > 0)
        let classes = shown.parts[0].classes
        #expect(abs(classes.map(\.share).reduce(0, +) - 1) < 1e-6)
        #expect(classes.allSatisfy { abs($0.coverage.reduce(0, +) - 1) < 1e-6 })
        #expect(classes.reduce(0) { $0 + $1.coverage.count } == shown.parts[0].learned.etalons)
        // Nothing was watched yet.
        #expect(shown.observed == nil)
    }

    @Test func `observed alarms are counted by what was said of them`() async throws {
        let site = try await site(
            ", pace: maximum, rules: {enter: 0.5, exit: 0.2, confirm_frames: 1, confirm_window: 1, quiet_seconds: 1}")
        _ = try await site.run(.monitord, ["--until-end"])
        let ids = try site.events().map(\.id.description)
        try #require(ids.count > 1)
        _ = try await site.run(.monitorctl, ["ack", ids[0], "--false"])
        let json = try await site.run(.monitorctl, ["profile", "show", "yard", "--json"])
        let observed = try JSONDecoder().decode(Shown.self, from: Data(json.output.utf8)).observed
        #expect(observed?.false == 1 && observed?.confirmed == 0 && observed?.unlabelled == ids.count - 1)
    }

    @Test func `damage is found, and a damaged version is never put in force`() async throws {
        let site = try await site()
        let whole = try await site.run(.monitorctl, ["profile", "verify", "--all"])
        #expect(whole.status == 0 && whole.output == "yard v1: whole\nyard v2: whole, in force\n", "\(whole.errors)")
        let list = try await site.run(.monitorctl, ["profile", "list"])
        #expect(list.status == 0 && list.output.contains("gate\t-\t0\t\t\tnothing learned yet"))
        #expect(list.output.contains("\tsound\n"))

        try damage(1, site)
        let broken = try await site.run(.monitorctl, ["profile", "verify", "yard"])
        #expect(broken.status == 65 && broken.output == "yard v2: whole, in force\n")
        #expect(broken.errors.contains("v0001/day/pixels.safetensors: damaged"))
        let refused = try await site.run(.monitorctl, ["profile", "rollback", "yard"])
        #expect(refused.status == 65 && refused.errors.contains("damaged") && refused.output.isEmpty)
        #expect(try site.profile("yard").version == 2)
        try damage(2, site)
        let listed = try await site.run(.monitorctl, ["profile", "list"])
        #expect(listed.status == 65 && listed.output.contains("damaged"))
        #expect(try await site.run(.monitorctl, ["profile", "show", "yard"]).status == 65)
        let missing = try await site.run(.monitorctl, ["profile", "verify", "gate"])
        #expect(missing.status == 65 && missing.errors.contains("monitorctl learn --camera gate"))
        #expect(try await site.run(.monitorctl, ["profile", "verify"]).status == 64)
    }

    @Test func `rolling back and forward takes one command each, and a running daemon follows`() async throws {
        let site = try await site()
        let back = try await site.run(.monitorctl, ["profile", "rollback", "yard"])
        #expect(back.status == 0 && back.output == "profile yard v1 is in force\n")
        #expect(back.errors.contains("monitord does not run"))
        #expect(try site.profile("yard").version == 1)
        let daemon = try site.start(.monitord)
        try #require(try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains("watching ") }, "\(daemon.errors)")
        let forward = try await site.run(.monitorctl, ["profile", "rollback", "yard", "--to", "2"])
        #expect(forward.status == 0 && forward.errors.isEmpty, "\(forward.errors)")
        #expect(
            try await daemon.wait(upTo: .seconds(20)) { $0.errors.contains("yard v2 takes over") }, "\(daemon.errors)")
        daemon.signal(SIGKILL)
        let unknown = try await site.run(.monitorctl, ["profile", "rollback", "yard", "--to", "9"])
        #expect(unknown.status == 65 && unknown.errors.contains("it has: 1, 2"))
    }
}
