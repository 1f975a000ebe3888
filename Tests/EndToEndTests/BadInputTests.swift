import Alerting
import Basics
import FaultLab
import Foundation
import ModelFiles
import Tensors
import TestSupport
import Testing

/// Whatever is wrong with what the operator gives: an exit status, and one line that says what and where.
@Suite(.serialized)
struct BadInputTests {
    /// One thing that is wrong, and what must be said about it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int32
        /// What the one line must contain; `@` stands for the site's folder.
        let words: [String]
        var program = Program.monitord
        var arguments = ["--until-end"]
        var cameras = [#"name: yard, source: "@/yard.mp4""#]
        var model = Program.model
        var database = "@/events.sqlite"
        /// Spoils something in the site's folder.
        var spoil: @Sendable (Site) throws -> Void = { _ in }
    }

    /// These end before any profile is looked at.
    static let early: [Case] = [
        Case(
            testDescription: "no configuration file", status: 78,
            words: ["@/monitord.yaml cannot be read: No such file or directory"],
            spoil: { try FileManager.default.removeItem(atPath: $0.configuration) }),
        Case(
            testDescription: "an unknown key", status: 78,
            words: ["@/monitord.yaml:7:", "cameras[0].analysis_rate: unknown key; did you mean `analysis_fps`?"],
            cameras: [#"name: yard, source: "@/yard.mp4", analysis_rate: 5"#]),
        Case(
            testDescription: "an unknown key, checked", status: 78,
            words: ["@/monitord.yaml:7:", "sorce: unknown key"],
            arguments: ["--check-config"], cameras: [#"name: yard, source: "@/yard.mp4", sorce: 5"#]),
        Case(
            testDescription: "no model folder", status: 65, words: ["@/nothing/card.json: cannot read"],
            model: "@/nothing"),
        Case(
            testDescription: "truncated weights", status: 65,
            words: ["@/model/weights.safetensors: has 1000 bytes, the card says "], model: "@/model",
            spoil: { site in
                try Self.copyModel(to: site.folder.file("model"))
                let file = try FileHandle(forUpdating: URL(filePath: site.folder.file("model/weights.safetensors")))
                try file.truncate(atOffset: 1000)
            }),
        Case(
            testDescription: "weights with one bit changed", status: 65,
            words: ["@/model/weights.safetensors: SHA-256 is "], model: "@/model",
            spoil: { site in
                try Self.copyModel(to: site.folder.file("model"))
                let url = URL(filePath: site.folder.file("model/weights.safetensors"))
                var data = try Data(contentsOf: url)
                data[data.count / 2] ^= 1
                try data.write(to: url)
            }),
        Case(
            testDescription: "weights without one tensor", status: 65, words: ["@/model", "tensor ", " is missing"],
            model: "@/model", spoil: { try Self.writeModelWithoutOneTensor(to: $0.folder.file("model")) }),
        Case(
            testDescription: "learning a camera that is not configured", status: 78,
            words: ["@/monitord.yaml has no camera gate; it has: yard"], program: .monitorctl,
            arguments: ["learn", "--camera", "gate"]),
        Case(
            testDescription: "learning from no file", status: 74, words: ["@/absent.mp4 does not exist"],
            program: .monitorctl, arguments: ["learn", "--camera", "yard", "--source", "@/absent.mp4"]),
        Case(
            testDescription: "learning from a clip and a live stream", status: 64,
            words: [
                "--source names clips (@/yard.mp4) and live streams (rtsp://***@127.0.0.1:9/live); learn from the ones or "
                    + "the others"
            ],
            program: .monitorctl,
            arguments: [
                "learn", "--camera", "yard", "--source", "@/yard.mp4", "--source", "rtsp://me:secret@127.0.0.1:9/live",
            ]),
        Case(
            testDescription: "learning from a text file", status: 74, words: ["@/text.mp4"],
            program: .monitorctl, arguments: ["learn", "--camera", "yard", "--source", "@/text.mp4"],
            spoil: { try $0.folder.write("text.mp4", String(repeating: "no film\n", count: 1000)) }),
        Case(
            testDescription: "the status of no daemon", status: 69,
            words: ["@/control.sock: monitord does not answer: No such file or directory; is it running?"],
            program: .monitorctl, arguments: ["status"]),
        Case(
            testDescription: "the events of no database", status: 74,
            words: ["there is no event database at @/events.sqlite"],
            program: .monitorctl, arguments: ["events"]),
        Case(
            testDescription: "the events of a text file", status: 74, words: ["@/events.sqlite"], program: .monitorctl,
            arguments: ["events"],
            spoil: { try $0.folder.write("events.sqlite", String(repeating: "no database\n", count: 1000)) }),
        Case(
            testDescription: "an event that nobody knows", status: 1, words: ["no event begins with 0123abcd"],
            program: .monitorctl, arguments: ["show", "0123abcd"],
            spoil: { try EventWriter(path: $0.database, clocks: SystemClocks()) { @Sendable _ in }.finish() }),
    ]

    /// These need a camera that could be watched.
    static let late: [Case] = [
        Case(
            testDescription: "no such source", status: 65, words: ["cannot watch: @/absent.mp4", "camera=yard"],
            cameras: [#"name: yard, source: "@/absent.mp4""#]),
        Case(
            testDescription: "a text file as source", status: 65, words: ["cannot watch: @/text.mp4", "camera=yard"],
            cameras: [#"name: yard, source: "@/text.mp4""#],
            spoil: { try $0.folder.write("text.mp4", String(repeating: "no film\n", count: 1000)) }),
        Case(
            testDescription: "no folder for the database", status: 74,
            words: ["the folder @/none of the event database does not exist"],
            database: "@/none/events.sqlite"),
        Case(
            testDescription: "a database folder that nobody may write to", status: 74,
            words: ["/sys/kernel/events.sqlite"], database: "/sys/kernel/events.sqlite"),
        Case(
            testDescription: "a folder as database", status: 74, words: ["@/events.sqlite"],
            spoil: { try FileManager.default.createDirectory(atPath: $0.database, withIntermediateDirectories: false) }),
        Case(
            testDescription: "no folder for the verdict log", status: 65,
            words: ["cannot write the verdict log @/none/log.jsonl", "camera=gate"],
            cameras: [
                #"name: yard, source: "@/short.mp4", pace: maximum"#,
                #"name: gate, profile: yard, source: "@/short.mp4", verdict_log: "@/none/log.jsonl""#,
            ]),
    ]

    private func check(_ bad: Case, profiles: String?) async throws {
        let site = try Site(
            cameras: bad.cameras, profiles: profiles, model: bad.model, database: bad.database)
        try bad.spoil(site)
        let outcome = try await site.run(bad.program, bad.arguments.map(site.expand), limit: .seconds(60))
        #expect(outcome.status == bad.status, "\(outcome.errors)")
        #expect(outcome.complaints.count == 1, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        let line = outcome.complaints.first ?? ""
        for words in bad.words { #expect(line.contains(site.expand(words))) }
    }

    @Test(arguments: early) func `says in one line what is wrong`(_ bad: Case) async throws {
        try await check(bad, profiles: nil)
    }

    @Test(arguments: late) func `says in one line what is wrong with a camera or its events`(_ bad: Case) async throws {
        let camera = try await LearnedCamera.shared
        var bad = bad
        bad.cameras = bad.cameras.map { $0.replacing("@/short.mp4", with: camera.quiet) }
        try await check(bad, profiles: camera.profiles)
    }

    @Test func `a camera without a profile does not keep another from being watched`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(
            cameras: [
                #"name: yard, source: "\#(camera.quiet)", pace: maximum, verdict_log: verdicts.jsonl"#,
                #"name: gate, source: "\#(camera.quiet)", pace: maximum"#,
            ], profiles: camera.profiles)
        let outcome = try await site.run(.monitord, ["--until-end"])
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.complaints.count == 1, "\(outcome.errors)")
        let line = outcome.complaints.first ?? ""
        #expect(line.contains("\(camera.profiles)/gate/current/profile.json: no profile yet"))
        #expect(line.contains("monitorctl learn --camera gate") && line.hasSuffix("camera=gate"))
        // The clip has 5 frames/s, as many as are analysed unless set.
        #expect(try VerdictLog.read(site.folder.file("verdicts.jsonl")).count == 120)
    }

    @Test func `a second daemon on the same database ends, and the first goes on`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(cameras: [camera.yaml()], profiles: camera.profiles)
        let first = try site.start(.monitord)
        try #require(try await first.wait(upTo: .seconds(60)) { $0.errors.contains("watching ") }, "\(first.errors)")
        let second = try await site.run(.monitord, limit: .seconds(30))
        #expect(second.status == 74)
        #expect(second.complaints.count == 1, "\(second.errors)")
        #expect(second.complaints.first?.contains(site.database) == true, "\(second.errors)")
        let asked = try await site.run(.monitorctl, ["status"])
        #expect(asked.status == 0 && asked.output.contains("yard"), "\(asked.errors)")
        first.signal(SIGTERM)
        #expect(try await first.finish(limit: .seconds(10)).status == 0)
    }

    @Test func `a damaged profile is refused`() async throws {
        let camera = try await LearnedCamera.shared
        let site = try Site(
            cameras: [
                #"name: yard, source: "\#(camera.quiet)", pace: maximum"#,
                #"name: gate, source: "\#(camera.quiet)", pace: maximum, profile: good"#,
            ])
        let profiles = site.folder.file("profiles")
        try FileManager.default.createDirectory(atPath: profiles, withIntermediateDirectories: true)
        for name in ["yard", "good"] {
            try FileManager.default.copyItem(atPath: camera.profiles + "/yard", toPath: profiles + "/" + name)
        }
        let url = URL(filePath: profiles + "/yard/v0001/day/pixels.safetensors")
        var data = try Data(contentsOf: url)
        data[data.count / 2] ^= 1
        try data.write(to: url)
        let outcome = try await site.run(.monitord, ["--until-end"])
        #expect(outcome.status == 65, "\(outcome.errors)")
        #expect(outcome.complaints.count == 1, "\(outcome.errors)")
        let line = outcome.complaints.first ?? ""
        #expect(
            line.contains("\(profiles)/yard/v0001/day/pixels.safetensors: damaged") && line.hasSuffix("camera=yard"))
    }

    @Test func `a camera that cannot be reached is tried again until the daemon is told to stop`() async throws {
        let camera = try await LearnedCamera.shared
        let unused = FaultLab.Port()
        let port = unused.number
        let site = try Site(
            cameras: [#"name: yard, source: "rtsp://viewer@127.0.0.1:\#(port)/cam", password_file: "@/password""#],
            profiles: camera.profiles)
        let password = "s3cret@/:word"
        try site.folder.write("password", password)
        chmod(site.folder.file("password"), 0o600)
        let daemon = try site.start(.monitord, ["--until-end"])
        try #require(try await daemon.wait(upTo: .seconds(60)) { $0.errors.contains(" lost: ") }, "\(daemon.errors)")
        var asked = try await site.run(.monitorctl, ["status", "--json"])
        let end = ContinuousClock.now + .seconds(30)
        while !asked.output.contains(/"failures":([4-9]|\d\d)/), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(300))
            asked = try await site.run(.monitorctl, ["status", "--json"])
        }
        #expect(asked.status == 0 && asked.output.contains(#""state":"reconnecting""#), "\(asked.output)")
        #expect(asked.output.contains(/"failures":([4-9]|\d\d)/), "\(asked.output)")
        daemon.signal(SIGTERM)
        let outcome = try await daemon.finish(limit: .seconds(10))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.complaints == [])
        for text in [outcome.errors, asked.output] {
            #expect(!text.contains(password) && !text.contains("s3cret"))
        }
        // However often it is tried, it is lost once.
        #expect(count(" warning monitord: lost: ", outcome.errors) == 1)
        let lost = outcome.errors.split(separator: "\n").filter { $0.contains(" lost: ") }
        #expect(lost.allSatisfy { $0.contains("127.0.0.1:\(port)") && $0.contains("camera=yard") }, "\(lost)")
    }

    private func count(_ words: String, _ text: String) -> Int { text.ranges(of: words).count }

    // MARK: - Models

    private static func copyModel(to folder: String) throws {
        try FileManager.default.copyItem(atPath: Program.model, toPath: folder)
    }

    /// A bundle whose checksums are right and whose weights are not those of its architecture.
    private static func writeModelWithoutOneTensor(to folder: String) throws {
        try copyModel(to: folder)
        let path = folder + "/weights.safetensors"
        let before = try Checksum.sha256(file: path)
        let weights = try SafetensorsFile(path: path)
        let left = try #require(weights.names.last)
        var writer = SafetensorsWriter()
        for name in weights.names where name != left { writer.add(name, try weights.tensor(name)) }
        try writer.write(to: path)
        let after = try Checksum.sha256(file: path)
        let card = try String(contentsOfFile: folder + "/card.json", encoding: .utf8)
        try card.replacing(before.digest, with: after.digest).replacing("\(before.bytes)", with: "\(after.bytes)")
            .write(toFile: folder + "/card.json", atomically: true, encoding: .utf8)
    }
}
