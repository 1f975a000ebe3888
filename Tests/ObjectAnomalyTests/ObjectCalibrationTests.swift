import Basics
import Glibc
import ObjectAnomaly
import Testing

@Suite struct ObjectCalibrationTests {
    private func exponential(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float(-log(max(random.uniform(), 1e-15))) }
    }

    @Test(arguments: [50, 1000, 20000])
    func `Surprise is the decimal logarithm of rarity, beyond the seen too`(_ count: Int) throws {
        let calibration = try ObjectCalibration(heldOut: exponential(count, seed: 9))
        // The share of an exponential law above x is exp(-x), so the true surprise is x / ln 10.
        for anomaly in stride(from: Float(0.2), to: 14, by: 0.4) {
            let truth = anomaly / 2.302585
            let tolerance = 0.1 + truth * 2.5 / Float(count).squareRoot() * 3
            #expect(abs(calibration.surprise(ofAnomaly: anomaly) - truth) < tolerance, "at \(anomaly)")
        }
    }

    @Test(arguments: [10, 37, 5000])
    func `Surprise never falls, starts at 0 and stays finite`(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let heldOut = (0..<count).map { _ in Float(random.index(below: 40)) - 20 }
        let calibration = try ObjectCalibration(heldOut: heldOut)
        var last: Float = 0
        for anomaly in stride(from: Float(-30), to: 200, by: 0.37) {
            let surprise = calibration.surprise(ofAnomaly: anomaly)
            #expect(surprise >= last && surprise.isFinite)
            last = surprise
        }
        #expect(calibration.surprise(ofAnomaly: -1e30) == 0)
        for extreme in [Float.greatestFiniteMagnitude, .infinity, .nan] {
            #expect(calibration.surprise(ofAnomaly: extreme) == ObjectCalibration.mostSurprise)
        }
        #expect(calibration.surprise(ofAnomaly: -.infinity) == 0)
    }

    @Test func `Held-out values get the share of values at least as anomalous`() throws {
        let calibration = try ObjectCalibration(heldOut: (1...99).map(Float.init))
        for value in [1, 10, 50, 80, 90] {
            let expected = -log10(Float(99 - value + 2) / 100)
            #expect(abs(calibration.surprise(ofAnomaly: Float(value)) - expected) < 1e-5)
        }
    }

    @Test func `Few or broken values are refused`() {
        #expect(throws: ObjectAnomalyError.self) { try ObjectCalibration(heldOut: [1, 2, 3, 4, 5, 6, 7, 8, 9]) }
        #expect(throws: ObjectAnomalyError.self) {
            try ObjectCalibration(heldOut: [Float](repeating: .nan, count: 50))
        }
    }
}
