import Analysis
import Basics
import FaultLab
import Foundation
import TestSupport
import Testing

/// Learning is ended at any moment, fifty times: what is in force stays whole, what was gathered stays gathered.
@Suite(.serialized)
struct LearningKillTests {
    /// When a run is to be killed.
    private enum Moment {
        /// A while after this line of its progress, or a later one.
        case progress(line: Int)
        /// As soon as this is there in the profile's folder: the steps of an installation are short.
        case file(String)
    }

    private static let learning = ["learn", "--camera", "yard", "--fps", "0", "--frames", "220", "--seed", "3"]
    /// Learning runs, each of which is killed five times: while it goes on, and at last while it installs its result.
    private static let runs = 10
    private static let killsPerRun = 5
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

    /// Moments of each learning run, in its order; all stages of the progress `lines` get about the same number.
    private static func moments(_ lines: [String], _ random: inout SeededGenerator) -> [[Moment]] {
        var stages: [[Int]] = []
        for (index, line) in lines.enumerated() {
            if index > 0, stage(lines[index - 1]) == stage(line) {
                stages[stages.count - 1].append(index)
            } else {
                stages.append([index])
            }
        }
        let perRun = killsPerRun - 1
        var chosen = (0..<runs * perRun).map { number in
            let stage = stages[number % stages.count]
            return stage[random.index(below: stage.count)]
        }
        for index in chosen.indices.reversed() { chosen.swapAt(index, random.index(below: index + 1)) }
        return (0..<runs).map { run in
            chosen[run * perRun..<(run + 1) * perRun].sorted().map(Moment.progress)
                + [.file(installing[run % installing.count])]
        }
    }

    /// Whether the moment has come; the next version is `version`.
    private func hasCome(_ moment: Moment, _ run: Running, _ lines: [String], version: Int) -> Bool {
        switch moment {
        case .progress(let line):
            Self.progress(run.errors).last.flatMap(lines.firstIndex).map { $0 >= line } ?? false
        case .file("v"): Self.exists(store.versionFolder("yard", version))
        case .file(let name): Self.exists("\(folder)/\(name)")
        }
    }

    /// Also of a link to something that is not there yet.
    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    @Test func `a profile is never broken or lost by fifty kills, and learning goes on`() async throws {
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
        var killed: [String] = []
        // A run may end before its moment; spare ones make up for it.
        let plan = Self.moments(lines, &random) + Self.moments(lines, &random).prefix(4)
        for moments in plan where killed.count < Self.runs * Self.killsPerRun {
            let before = try #require(store.versionInForce("yard"))
            for moment in moments {
                let delay: Duration =
                    if case .progress = moment { .milliseconds(random.index(below: 60)) } else { .zero }
                let errors = try await learn(killedAt: moment, delay, lines, "seed \(seed), kill \(killed.count)")
                if let errors { killed.append(Self.progress(errors).last.map(Self.stage) ?? "start") }
            }
            if Self.exists(folder + "/learning") { _ = try await learn(killedAt: nil, .zero, lines, "seed \(seed)") }
            #expect(try #require(store.versionInForce("yard")) > before)
        }
        #expect(killed.count >= Self.runs * Self.killsPerRun, "\(killed)")
        let stages: Set = ["gathering", "classifier", "condensation", "objects", "proving"]
        #expect(stages.subtracting(killed).isEmpty, "\(killed)")
        try await checkEnd()
    }

    /// One run that is killed at a moment, or left alone, and a look at what it leaves behind.
    /// - Returns: what a killed run had said; nil of one that came to its end.
    private func learn(
        killedAt moment: Moment?, _ delay: Duration, _ lines: [String], _ place: String
    ) async throws -> String? {
        let former = try #require(store.versionInForce("yard"))
        let version = (store.versions("yard").last ?? 0) + 1
        let kept = gathered()
        let run = try site.start(.monitorctl, Self.learning)
        if let moment {
            _ = try await run.wait(upTo: .seconds(60), every: .milliseconds(1)) {
                hasCome(moment, $0, lines, version: version)
            }
            try await Task.sleep(for: delay)
            run.signal(SIGKILL)
        }
        let outcome = try await run.finish(limit: .seconds(60))
        let place = "\(place), at \(moment.map { "\($0)" } ?? "no moment"): \(outcome.errors)"
        try #require(outcome.status == 0 || outcome.status == -9 && moment != nil, "\(place)")
        if let kept, !outcome.errors.isEmpty {
            #expect(outcome.errors.contains("going on with an interrupted run: \(kept) pictures"), "\(place)")
        }
        try await check(former: former, place)
        return outcome.status == 0 ? nil : outcome.errors
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
        let versions = store.history("yard").map { String($0.folder.dropFirst(folder.count + 1)) }
        #expect(names.subtracting(versions) == ["current", "learning.lock"])
        // The same material and seed give the same profile, however often learning was interrupted.
        let first = try #require(store.versions("yard").first)
        #expect(
            try store.verify(first, of: "yard").files.filter { $0.key.hasSuffix("tensors") }
                == store.verify(current, of: "yard").files.filter { $0.key.hasSuffix("tensors") })
    }
}
