import Analysis
import Basics
import FoundationEssentials
import Tensors
import TestSupport
import Testing

@Suite struct BackgroundDriftTests {
    private func drift() -> BackgroundDrift {
        BackgroundDrift(Background(mean: Tensor([1, 2, 1], [1, 1])), version: 1, regime: .day)
    }

    /// Five frames a second for a while, cells 0 and 1 with these features and surprises.
    private func watch(_ drift: inout BackgroundDrift, hours: Double, features: [Float], surprise: [Float]) {
        for index in 0...Int(hours * 3600) {
            drift.follow(
                Tensor([1, 2, 1], features), surprise: surprise, exit: 4, at: .seconds(index))
        }
    }

    @Test func `ordinary cells follow slowly`() {
        var drift = drift()
        watch(&drift, hours: 0.5, features: [2, 2], surprise: [0, 0])
        #expect(drift.background.mean[0] > 1.15 && drift.background.mean[0] < 1.3)
        watch(&drift, hours: 12, features: [2, 2], surprise: [0, 0])
        #expect(abs(drift.background.mean[0] - 2) < 0.01)
    }

    @Test func `what stays surprising is never absorbed, its neighbours are followed`() {
        var drift = drift()
        watch(&drift, hours: 24, features: [9, 2], surprise: [4.5, 0.3])
        #expect(drift.background.mean[0] == 1)
        #expect(abs(drift.background.mean[1] - 2) < 0.01)
    }

    @Test func `the learned background is not touched`() {
        let learned = Background(mean: Tensor([1, 2, 1], [1, 1]))
        var drift = BackgroundDrift(learned, version: 1, regime: .day)
        watch(&drift, hours: 1, features: [5, 5], surprise: [0, 0])
        #expect(learned.mean.array == [1, 1])
    }

    @Test func `gaps, times that go back and another resolution move nothing much`() {
        var drift = drift()
        let wide = Tensor([1, 4, 1], repeating: 50)
        for time in [0, 100_000, 50, 200_000, 3] {
            drift.follow(Tensor([1, 2, 1], [2, 2]), surprise: [0, 0], exit: 4, at: .seconds(time))
            drift.follow(wide, surprise: [0, 0, 0, 0], exit: 4, at: .seconds(time))
        }
        #expect(drift.background.mean[0] < 1.001)
    }

    @Test func `what was followed survives a restart, and a damaged file does no harm`() throws {
        let folder = TemporaryFolder()
        let learned = Background(mean: Tensor([1, 2, 1], [1, 1]))
        var drift = BackgroundDrift(learned, version: 3, regime: .day)
        watch(&drift, hours: 2, features: [2, 2], surprise: [0, 0])
        try drift.write(folder: folder.path)
        func resumed(_ version: Int, _ regime: Regime) -> [Float] {
            BackgroundDrift.resume(learned, version: version, regime: regime, folder: folder.path).background.mean.array
        }
        #expect(resumed(3, .day) == drift.background.mean.array)
        // Another version or regime starts from what it learned.
        #expect(resumed(4, .day) == [1, 1] && resumed(3, .thermal) == [1, 1])
        for name in folder.names() { try folder.write(Data("damaged".utf8), name) }
        #expect(resumed(3, .day) == [1, 1])
    }
}
