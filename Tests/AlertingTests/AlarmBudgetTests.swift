import Alerting
import Analysis
import Basics
import FoundationEssentials
import Imaging
import TestSupport
import Testing

@Suite struct AlarmBudgetTests {
    private func profile(objects: Bool = true, regimes: [Regime] = [.day]) -> ProfileRecord {
        ProfileRecord(
            camera: "yard", version: 1, model: "m", createdWallMs: 0, seed: 1, sources: [],
            regimes: regimes.map { regime in
                var part = RegimeRecord(
                    regime, version: 1, firstWallMs: 0, lastWallMs: 0, framesLearned: 1, framesHeldOut: 1, patchRows: 1,
                    objectRows: 1)
                part.patchClasses = 4
                part.objectClasses = objects ? 2 : 0
                part.thresholds = Thresholds(enterObject: 3, exitObject: 2, enterPixel: 4, exitPixel: 3)
                return part
            })
    }

    private func evidence(_ levels: [Float], hours: Double, regime: Regime = .day) -> BudgetEvidence {
        var evidence = BudgetEvidence()
        evidence.watched(.seconds(3600 * hours), in: regime)
        for (index, level) in levels.enumerated() {
            evidence.add(
                IncidentSample(
                    regime: regime, startMs: Int64(index) * 60_000, lastMs: Int64(index) * 60_000 + 5000,
                    box: Box(x1: 10, y1: 10, x2: 50, y2: 50), object: 0, pixels: level))
        }
        return evidence
    }

    @Test func `without a budget, and before enough was watched, the learned thresholds hold`() {
        for (perDay, hours) in [(nil, 10.0), (1.0, 0), (1, 0.02)] as [(Double?, Double)] {
            let forecast = AlarmBudget(profile(), evidence([3.5, 3.7], hours: hours)).forecasts(perDay: perDay)[0]
            #expect(forecast.pixels == .init(enter: 4, exit: 3) && forecast.objects == .init(enter: 3, exit: 2))
        }
    }

    @Test func `the two detectors share the budget, and one alone has all of it`() {
        let seen = evidence([3.1, 3.2, 3.4, 3.5, 3.9], hours: 8)
        let both = AlarmBudget(profile(), seen).forecasts(perDay: 1)[0]
        let pixelsOnly = AlarmBudget(profile(objects: false), seen).forecasts(perDay: 1)[0]
        #expect(abs(both.perDay - 1) < 0.3 && abs(pixelsOnly.perDay - 1) < 0.05)
        #expect(pixelsOnly.pixels.enter < both.pixels.enter)
        #expect(both.interval.lowerBound < both.perDay && both.perDay < both.interval.upperBound)
        #expect(both.pixels.exit < both.pixels.enter && both.pixels.exit >= 3)
    }

    @Test func `every regime has thresholds of its own`() {
        var seen = evidence([3.1, 3.2], hours: 5)
        seen.add(evidence([5, 6, 7, 6.5, 5.5, 6.2], hours: 5, regime: .infraredNight))
        let forecasts = AlarmBudget(profile(regimes: [.day, .infraredNight]), seen).forecasts(perDay: 2)
        #expect(forecasts.map(\.regime) == [.day, .infraredNight])
        #expect(forecasts[1].pixels.enter > forecasts[0].pixels.enter + 1)
    }

    @Test func `labels move thresholds, and taking them back moves them back`() {
        let seen = evidence([3.1, 3.2, 3.1, 3.3, 3.2, 3.4, 3.3, 9], hours: 10)
        func enter(_ labels: [LabelledIncident]) -> Float {
            AlarmBudget(profile(), seen, labels: labels).forecasts(perDay: 1)[0].pixels.enter
        }
        func label(isFalse: Bool) -> LabelledIncident {
            LabelledIncident(
                startMs: 7 * 60_000 + 1000, lastMs: 7 * 60_000 + 9000, box: Box(x1: 20, y1: 20, x2: 80, y2: 80),
                isFalse: isFalse)
        }
        let (silent, wrong, right) = (enter([]), enter([label(isFalse: true)]), enter([label(isFalse: false)]))
        // Nobody said a word: the high one is incredible as ordinary.
        #expect(abs(silent - right) < 0.3)
        #expect(wrong > silent + 0.5)
        #expect(enter([]) == silent)
        // An event elsewhere, or at another time, is none of it.
        let elsewhere = LabelledIncident(
            startMs: 7 * 60_000, lastMs: 7 * 60_000, box: Box(x1: 300, y1: 300, x2: 310, y2: 310), isFalse: true)
        #expect(enter([elsewhere]) == silent)
    }

    @Test func `evidence survives being written and read, regime by regime`() throws {
        let folder = TemporaryFolder()
        var seen = evidence([3.1, 3.2], hours: 5)
        seen.add(evidence([4], hours: 1, regime: .thermal))
        var back = BudgetEvidence()
        for (regime, data) in try seen.files() {
            try folder.write(data, "\(regime.rawValue).json")
            back.add(try #require(BudgetEvidence(path: folder.file("\(regime.rawValue).json"))))
        }
        #expect(back.watchedMs == seen.watchedMs && Set(back.incidents) == Set(seen.incidents))
        try folder.write(Data("{\"incidents\":".utf8), "cut.json")
        #expect(BudgetEvidence(path: folder.file("cut.json")) == nil)
        #expect(BudgetEvidence(path: folder.file("absent.json")) == nil)
    }

    @Test func `evidence is bounded and keeps its rate`() {
        var seen = BudgetEvidence()
        for index in 0..<12_000 {
            seen.watched(.seconds(60), in: .day)
            seen.add(
                IncidentSample(
                    regime: .day, startMs: Int64(index), lastMs: Int64(index), box: Box(x1: 0, y1: 0, x2: 1, y2: 1),
                    object: 0, pixels: 3))
        }
        #expect(seen.incidents.count <= 5000)
        let perHour = Double(seen.incidents.count) / (seen.days(in: .day) * 24)
        #expect(abs(perHour - 60) < 1)
    }

    @Test func `the meter notes what fell short of an event, and only judged time`() {
        var meter = IncidentMeter(profile(), rules: Script.rules)
        func feed(_ level: Float, frames: Range<Int>, light: Light = .steady(.day)) {
            for index in frames {
                let region = AnomalousRegion(
                    box: Box(x1: 10, y1: 10, x2: 60, y2: 60), cells: 4, score: 0.9, surprise: level)
                meter.take(
                    Script.verdict(
                        UInt64(index), at: .milliseconds(200 * index), regions: level > 0 ? [region] : [],
                        regime: light.regime))
            }
        }
        feed(0, frames: 0..<50)
        feed(3.4, frames: 50..<60)
        feed(0, frames: 60..<120)
        // Two frames are not confirmed.
        feed(3.8, frames: 120..<122)
        feed(0, frames: 122..<200)
        meter.finish()
        let pixels = meter.evidence.incidents.map(\.pixels)
        #expect(pixels == [3.4])
        #expect(abs(meter.evidence.days(in: .day) * 86_400 - 39.8) < 0.01)
    }
}
