import Analysis
import Basics
import Foundation
import TestSupport
import Testing

/// Learning is ended at any moment, fifty times: what is in force stays whole, what was gathered stays gathered.
@Suite(.serialized)
struct LearningKillTests {
    /// When a run is to be killed.
    private enum Moment {
        /// A while after this line of its progress.
        case progress(line: String)
        /// As soon as this is there in the profile's folder: the last steps of an installation are short.
        case file(String)
    }

    private static let kills = 50
    private static let learning = ["learn", "--camera", "yard", "--fps", "0", "--frames", "220", "--seed", "3"]
    /// What appears in the course of an installation, in this order.
    private static let installing = [
        "learning/staged/evidence.json", "learning/staged/profile.json", "current.new", "v", "learning.old",
    ]

    private let site: Site
    private var folder: String { site.folder.file("profiles/yard") }
    private var store: ProfileStore { ProfileStore(root: site.folder.file("profiles")) }

    init() throws {
        site = try Site(cameras: ["name: yard, source: quiet.mp4"], model: "@/model")
        let model = TemporaryFolder()
        try TinyBundle(pixelFeatures: "fpn-p3-head", pixels: nil).open(in: model)
        try FileManager.default.copyItem(atPath: model.path, toPath: site.folder.file("model"))
    }

    /// `gathering 40 %`, of lines such as `gathering   [####......]  40 %  0:01 left`.
    private static func progress(_ output: String) -> [String] {
        output.split(separator: "\n").compactMap { line in
            guard let bar = line.range(of: " ["), let percent = line.range(of: " %") else { return nil }
            let stage = line[..<bar.lowerBound].trimmingCharacters(in: .whitespaces)
            let number = line[..<percent.lowerBound].split(separator: " ").last ?? ""
            return "\(stage) \(number)"
        }
    }

    private static func stage(_ line: String) -> String { line.split(separator: " ").dropLast().joined(separator: " ") }

    /// Frames that the learning folder holds now; nil when nothing was kept yet.
    private func gathered() -> Int? {
        struct State: Decodable { let framesSeen: Int }
        let regimes = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/learning")) ?? []
        let counts = regimes.compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/learning/\(name)/gathered.json").flatMap {
                try? JSONDecoder().decode(State.self, from: $0).framesSeen
            }
        }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// Fifty moments: a fifth of them while installing, the others spread evenly over the lines of a whole run.
    private static func moments(_ lines: [String], _ random: inout SeededGenerator) -> [Moment] {
        let installations = kills / 5
        let others = kills - installations
        var moments = (0..<others).map { index in
            Moment.progress(line: lines[(index * lines.count + random.index(below: lines.count)) / others])
        }
        moments += (0..<installations).map { .file(installing[$0 % installing.count]) }
        for index in moments.indices.reversed() { moments.swapAt(index, random.index(below: index + 1)) }
        return moments
    }

    /// Whether the moment has come; the next version is `version`.
    private func hasCome(_ moment: Moment, _ run: Running, version: Int) -> Bool {
        switch moment {
        case .progress(let line): Self.progress(run.errors).contains(line)
        case .file("v"): Self.exists(store.versionFolder("yard", version))
        case .file(let name): Self.exists("\(folder)/\(name)")
        }
    }

    /// Also of a link to something that is not there yet.
    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    @Test func `a profile is never broken or lost by kills, and learning goes on`() async throws {
        let clip = site.folder.file("quiet.mp4")
        let rendered = try await Program.monitorctl.run([
            "scene", "clip", clip, "--seconds", "48", "--fps", "5", "--width", "128", "--height", "80", "--seed", "5",
        ])
        try #require(rendered.status == 0, "\(rendered.errors)")
        let whole = try await site.run(.monitorctl, Self.learning)
        try #require(whole.status == 0, "\(whole.errors)")
        let lines = Self.progress(whole.errors)

        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var killed: [String: Int] = [:]
        for (number, moment) in Self.moments(lines, &random).enumerated() {
            var isKilled = false
            while !isKilled {
                let former = try #require(store.versionInForce("yard"))
                let kept = gathered()
                let run = try site.start(.monitorctl, Self.learning)
                let version = (store.versions("yard").last ?? 0) + 1
                let hasCome = try await run.wait(upTo: .seconds(60), every: .milliseconds(1)) {
                    self.hasCome(moment, $0, version: version)
                }
                if case .progress = moment { try await Task.sleep(for: .milliseconds(random.index(below: 60))) }
                run.signal(SIGKILL)
                let outcome = try await run.finish(limit: .seconds(10))
                let place = "kill \(number) at \(moment), seed \(seed): \(outcome.errors)"
                isKilled = outcome.status == -9
                // A run that went on behind the moment comes to its end; the next one begins at the beginning.
                try #require(isKilled || outcome.status == 0, "\(place)")
                if isKilled {
                    try #require(hasCome, "\(place)")
                    let stage = Self.progress(outcome.errors).last.map(Self.stage) ?? "start"
                    if case .file = moment { killed["installing", default: 0] += 1 }
                    killed[stage, default: 0] += 1
                }
                if let kept {
                    #expect(
                        outcome.errors.contains("going on with an interrupted run: \(kept) pictures")
                            || outcome.errors.isEmpty, "\(place)")
                }
                try await check(former: former, place)
            }
        }
        let stages = Set(lines.map(Self.stage))
        #expect(stages.subtracting(killed.keys).isEmpty, "never killed in these stages: \(killed)")
        #expect(killed["installing"] == Self.kills / 5)
        try await checkEnd()
    }

    /// Whatever is in force is whole, and what was in force before is still there.
    private func check(former: Int, _ place: String) async throws {
        let current = try #require(store.versionInForce("yard"), "\(place)")
        #expect(current >= former, "\(place)")
        try store.verify(former, of: "yard")
        let verified = try await site.run(.monitorctl, ["profile", "verify", "yard"])
        #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors); \(place)")
        #expect(verified.output.contains("yard v\(current): whole, in force"), "\(place)")
    }

    /// A run that is left alone ends with its version in force, and nothing lies about.
    private func checkEnd() async throws {
        let last = try #require(store.versionInForce("yard"))
        let run = try await site.run(.monitorctl, Self.learning)
        #expect(run.status == 0, "\(run.errors)")
        let current = try #require(store.versionInForce("yard"))
        #expect(current > last && current == store.versions("yard").last)
        #expect(run.errors.contains("profile yard v\(current) is in force"))
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
        #expect(names.subtracting(store.versions("yard").map { store.versionFolder("yard", $0).suffix(5) }.map(String.init)) == ["current"])
        // The same material and seed give the same profile, however often learning was interrupted.
        let first = try #require(store.versions("yard").first)
        #expect(
            try store.verify(first, of: "yard").files.filter { $0.key.hasSuffix("tensors") }
                == store.verify(current, of: "yard").files.filter { $0.key.hasSuffix("tensors") })
    }
}
