import Analysis
import Basics
import FoundationEssentials
import Imaging
import TestSupport
import Testing

/// Day and night are learned apart, one after the other, and survive each other.
@Suite struct RegimeProfileTests {
    /// A coloured or a grey wall.
    private func frame(_ index: Int, night: Bool = false, striped: Bool = false) -> Frame {
        WanderingSquare(checks: 30, tint: night ? 0 : 25, square: 170).frame(index, striped: striped)
    }

    private func plan(_ frames: Int) -> LearningPlan {
        LearningPlan(sources: ["test"], framesPerSecond: 0, maximumFrames: frames, seed: 3, isRepeatable: true)
    }

    private func engine(_ folder: TemporaryFolder) throws -> AnalysisEngine {
        AnalysisEngine(model: try AnomalyModel(TinyBundle().open(in: folder)), threads: 2, clocks: SystemClocks())
    }

    @Test func `each regime is judged by what was learned in it, and a switch by nothing`() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let engine = try engine(folders[0])
        let store = ProfileStore(root: folders[1].path)
        let learner = try ProfileLearner(profile: "yard", plan: plan(320), engine: engine, store: store)
        for index in 0..<400 where !learner.hasEnough { try learner.gather(frame(index, night: index >= 180)) }
        let record = try learner.finish(wallTimeMs: 7) { _ in }
        #expect(record.regimes.map(\.regime) == [.day, .infraredNight])
        #expect(record.regimes.allSatisfy { $0.patchClasses > 0 && $0.learnedInVersion == 1 && $0.framesLearned > 80 })
        #expect(record.files.keys.contains("day/pixels.safetensors"))
        #expect(record.files.keys.contains("infraredNight/pixels.safetensors"))

        let profile = try CameraProfile.load("yard", from: store, for: engine.model)
        #expect(profile.knows(.day) && profile.knows(.infraredNight) && !profile.knows(.thermal))
        var memory = CameraMemory()
        var switching = 0
        var calm: [Regime: Float] = [:]
        for index in 1000..<1120 {
            let verdict = engine.judge(frame(index, night: index >= 1060), with: profile, memory: &memory)
            if verdict.light.isSwitching {
                switching += 1
                #expect(!verdict.isJudged && verdict.objects.isEmpty && verdict.regions.isEmpty)
            } else {
                #expect(verdict.isJudged)
                calm[verdict.regime] = max(calm[verdict.regime] ?? 0, verdict.map.peak)
            }
        }
        #expect(switching >= 5 && switching <= 20, "\(switching)")
        let odd = engine.judge(frame(1120, night: true, striped: true), with: profile, memory: &memory)
        #expect(odd.regime == .infraredNight && odd.map.peak > calm[.infraredNight] ?? 99)
        withExtendedLifetime(folders) {}
    }

    @Test func `the night that is learned later leaves the day as it was`() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let engine = try engine(folders[0])
        let store = ProfileStore(root: folders[1].path)
        func learn(_ frames: Int, night: Bool, wallTimeMs: Int64) throws -> ProfileRecord {
            let learner = try ProfileLearner(profile: "yard", plan: plan(frames), engine: engine, store: store)
            for index in 0..<frames { try learner.gather(frame(index, night: night)) }
            return try learner.finish(wallTimeMs: wallTimeMs) { _ in }
        }
        let first = try learn(160, night: false, wallTimeMs: 7)
        let before = try CameraProfile.load("yard", from: store, for: engine.model)
        var memory = CameraMemory()
        // In the dark nothing is known: no network runs, nothing is claimed.
        let dark = engine.judge(frame(0, night: true), with: before, memory: &memory)
        #expect(!dark.isJudged && dark.map == .none && dark.timings.total == .zero)

        let second = try learn(170, night: true, wallTimeMs: 9)
        #expect(second.version == 2 && second.regimes.map(\.regime) == [.day, .infraredNight])
        #expect(second.regimes.map(\.learnedInVersion) == [1, 2])
        #expect(second[.day] == first[.day])
        for (name, digest) in first.files { #expect(second.files[name] == digest) }
        withExtendedLifetime(folders) {}
    }

    @Test func `a run that was killed while proving finds what it learned`() throws {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let engine = try engine(folders[0])
        let store = ProfileStore(root: folders[1].path)
        func run() throws -> (learner: ProfileLearner, learned: LearnedProfile, stages: Int) {
            let learner = try ProfileLearner(profile: "yard", plan: plan(160), engine: engine, store: store)
            for index in 0..<160 { try learner.gather(frame(index)) }
            var stages = 0
            let learned = try learner.learn(wallTimeMs: 7) { _ in stages += 1 }
            return (learner, learned, stages)
        }
        var killed: ProfileRecord?
        do {
            let run = try run()
            #expect(run.stages > 10 && store.versions("yard").isEmpty)
            killed = run.learned.profile.record
            // Nobody else may learn it meanwhile.
            let error = #expect(throws: AnalysisError.self) {
                _ = try ProfileLearner(profile: "yard", plan: plan(160), engine: engine, store: store)
            }
            #expect(error?.code == .alreadyLearning)
            withExtendedLifetime(run.learner) {}
        }
        let resumed = try run()
        #expect(resumed.stages == 0)
        #expect(resumed.learned.profile.record == killed)
        let record = try resumed.learner.install(resumed.learned, evidence: [.day: Data("{}".utf8)])
        #expect(record.files.keys.contains("day/evidence.json"))
        #expect(!FileManager.default.fileExists(atPath: store.learningFolder("yard")))
        withExtendedLifetime(folders) {}
    }

    @Test func `both passes over the material agree on what is held out`() throws {
        let folder = TemporaryFolder()
        var first = MaterialSieve(framesPerSecond: 0)
        var second = MaterialSieve(framesPerSecond: 0)
        var heldOut = 0
        for index in 0..<300 {
            let picture = frame(index, night: index > 150)
            let place = first.place(picture)
            #expect(place == second.place(picture))
            heldOut += place?.isHeldOut == true ? 1 : 0
        }
        #expect(heldOut == 80)
        withExtendedLifetime(folder) {}
    }
}
