import Analysis
import Basics
import Imaging
import ModelFiles
import Tensors
import TestSupport
import Testing

/// Learning and judging with every kind of bundle: objects and pixels, pixels only, objects only.
@Suite struct BundleKindTests {
    private func frame(_ index: Int, striped: Bool = false) -> Frame {
        WanderingSquare().frame(index, striped: striped)
    }

    private func learn(
        _ bundle: TinyBundle, frames: Int = 160
    ) throws -> (engine: AnalysisEngine, profile: CameraProfile, folders: [TemporaryFolder]) {
        let folders = [TemporaryFolder(), TemporaryFolder()]
        let model = try AnomalyModel(bundle.open(in: folders[0]))
        let engine = AnalysisEngine(model: model, threads: 2, clocks: SystemClocks())
        let store = ProfileStore(root: folders[1].path)
        let plan = LearningPlan(
            sources: ["test"], framesPerSecond: 0, maximumFrames: frames, seed: 3, isRepeatable: true)
        let learner = try ProfileLearner(profile: "yard", plan: plan, engine: engine, store: store)
        for index in 0..<frames {
            try learner.gather(frame(index))
            // What was gathered survives being written and read again.
            if index == 50 { try learner.checkpoint() }
        }
        _ = try learner.finish(wallTimeMs: 0) { _ in }
        return (engine, try CameraProfile.load("yard", from: store, for: model), folders)
    }

    @Test(arguments: [ModelCard.Precision.fp32, .int8])
    func `A detector and a transformer judge objects and pixels, and allocate nothing in steady state`(
        _ precision: ModelCard.Precision
    ) throws {
        var bundle = TinyBundle()
        bundle.pixels?.precision = precision
        // Few detections of random weights are sure, or new to their place.
        let (engine, profile, folders) = try learn(bundle, frames: 600)
        #expect(profile.record.regimes[0].patchClasses > 0 && profile.record.regimes[0].objectClasses > 0)
        #expect(profile.warning == nil)
        var memory = CameraMemory()
        let calm = engine.judge(frame(1000), with: profile, memory: &memory)
        let odd = engine.judge(frame(1001, striped: true), with: profile, memory: &memory)
        // 160 x 96 becomes 112 x 56: 8 x 4 patches.
        #expect(odd.map.width == 8 && odd.map.height == 4)
        #expect(odd.map.peak > calm.map.peak && odd.map.peak > 1)
        #expect(!odd.objects.isEmpty)
        let before = engine.workspace.allocations
        for index in 1002..<1010 { _ = engine.judge(frame(index), with: profile, memory: &memory) }
        #expect(engine.workspace.allocations == before)
        withExtendedLifetime(folders) {}
    }

    @Test func `A bundle without a detector judges pixels only`() throws {
        let (engine, profile, folders) = try learn(TinyBundle(detector: nil))
        #expect(
            profile.record.regimes[0].patchClasses > 0 && profile.record.regimes[0].objectClasses == 0
                && profile.record.regimes[0].objectRows == 0)
        // It is no fault of the learning.
        #expect(profile.warning == nil)
        var memory = CameraMemory()
        let calm = engine.judge(frame(1000), with: profile, memory: &memory)
        let odd = engine.judge(frame(1001, striped: true), with: profile, memory: &memory)
        #expect(odd.objects.isEmpty && odd.objectSurprise == 0)
        #expect(odd.map.peak > calm.map.peak)
        withExtendedLifetime(folders) {}
    }

    @Test func `A bundle without pixel features judges objects only`() throws {
        let (engine, profile, folders) = try learn(TinyBundle(pixelFeatures: nil, pixels: nil))
        #expect(
            profile.record.regimes[0].patchClasses == 0 && profile.record.regimes[0].objectClasses > 0
                && profile.record.regimes[0].etalons == 0)
        var memory = CameraMemory()
        let verdict = engine.judge(frame(1001, striped: true), with: profile, memory: &memory)
        #expect(verdict.map == .none && verdict.regions.isEmpty && verdict.pixelSurprise == 0)
        #expect(!verdict.objects.isEmpty)
        #expect(verdict.timings.total > .zero)
        withExtendedLifetime(folders) {}
    }

    @Test func `The head on the detector's pyramid needs no detector`() throws {
        let folder = TemporaryFolder()
        let bundle = try TinyBundle(detector: nil, pixelFeatures: "fpn-p3-head", pixels: nil).open(in: folder)
        let engine = AnalysisEngine(model: try AnomalyModel(bundle), threads: 1, clocks: SystemClocks())
        let (patches, objects) = engine.material(of: frame(0).pixels)
        #expect(patches.shape == [10, 16, 8] && objects.shape[0] == 0)
    }

    @Test func `Objects that are too few to learn from are refused when nothing else is judged`() throws {
        let error = try #require(throws: AnalysisError.self) {
            _ = try learn(TinyBundle(pixelFeatures: nil, scoreThreshold: 1, pixels: nil))
        }
        #expect(error.code == .tooLittleMaterial)
    }

    @Test func `Too few objects are told when pixels are judged all the same`() throws {
        let (_, profile, folders) = try learn(TinyBundle(pixelFeatures: "fpn-p3-head", scoreThreshold: 1, pixels: nil))
        #expect(profile.record.regimes[0].patchClasses > 0 && profile.record.regimes[0].objectClasses == 0)
        #expect(profile.warning?.contains("too few objects") == true)
        withExtendedLifetime(folders) {}
    }

    @Test func `Cards that name nothing, unknown networks or impossible inputs are refused`() throws {
        func refusal(_ bundle: TinyBundle) throws -> String {
            let folder = TemporaryFolder()
            let error = try #require(throws: ModelFileError.self) { _ = try AnomalyModel(bundle.open(in: folder)) }
            #expect(error.code == .badCard)
            return error.message
        }
        #expect(try refusal(TinyBundle(detector: nil, pixelFeatures: nil)).contains("neither"))
        #expect(try refusal(TinyBundle(detector: "yolo")).contains("yolo"))
        #expect(try refusal(TinyBundle(pixelFeatures: "clip")).contains("clip"))
        var bundle = TinyBundle()
        bundle.pixels?.layers = [0, 2]
        #expect(try refusal(bundle).contains("pixels.layers"))
        bundle = TinyBundle()
        bundle.pixels?.input?.sizeDivisor = 16
        #expect(try refusal(bundle).contains("size_divisor"))
    }

    @Test func `How the pixel network is run is part of a model's identity`() throws {
        let identities = try [ModelCard.Precision.fp32, .int8].map { precision in
            let folder = TemporaryFolder()
            var bundle = TinyBundle()
            bundle.pixels?.precision = precision
            return try AnomalyModel(bundle.open(in: folder)).identity
        }
        #expect(identities[0] != identities[1])
    }

    @Test func `Pictures are never enlarged for the transformer, and no side falls below one patch`() throws {
        let folder = TemporaryFolder()
        let model = try AnomalyModel(TinyBundle(detector: nil).open(in: folder))
        let engine = AnalysisEngine(model: model, threads: 1, clocks: SystemClocks())
        for (width, height, rows, columns) in [(64, 48, 3, 4), (1120, 56, 1, 8), (300, 400, 8, 6), (5, 5, 1, 1)] {
            let picture = PixelBuffer(width: width, height: height, format: .gray8)
            let shape = engine.material(of: picture).patches.shape
            #expect(shape == [rows, columns, 128], "\(width)x\(height)")
        }
    }
}
