import Alerting
import Analysis
import Basics
import Imaging
import Testing

/// Events on a box that has not the time to analyse its cameras as often as it should: load control and event machine
/// together, in simulated time.
@Suite struct LoadedConfirmationTests {
    private static let rate = 5.0

    /// What happens at one of the cameras.
    private struct Happening {
        /// When something appears, in seconds, and when it is gone again.
        var from = 30.0
        var until = 60.0
        /// Whether the motion gate notices.
        var moves = false
    }

    /// Seconds from its appearance until each event was opened, and from its end until it was closed.
    private func delays(
        cameras: Int, cost: Double, _ happening: Happening, rules: EventRules = Script.rules, busy: Int = 0
    ) -> (opened: [Double], closed: [Double]) {
        let control = LoadControl(lanes: 1)
        let sweep = min(AnalysisRate.usualSweep, rules.quietTime * 0.45)
        let seats = (0..<cameras).map { _ in control.join(AnalysisRate(framesPerSecond: Self.rate, sweep: sweep)) }
        var machines = (0..<cameras).map { index in
            EventMachine(
                camera: "c\(index)", rules: rules, provenance: Provenance(model: "m", profile: "p"),
                ids: EventIDGenerator(seed: UInt64(index)))
        }
        let pixels = PixelBuffer(width: 1, height: 1, format: .gray8)
        var delays: (opened: [Double], closed: [Double]) = ([], [])
        for sequence in 0..<Int(100 * Self.rate) {
            for camera in 0..<cameras {
                let second = (Double(sequence) + Double(camera) / Double(cameras)) / Self.rate
                let time = Duration.nanoseconds(Int64(second * 1e9))
                let isThere = camera == 1 && happening.from..<happening.until ~= second
                let regions = isThere ? [region(300, 200, 6)] : []
                let verdict = Script.verdict(UInt64(sequence), at: time, regions: regions)
                let frame = Frame(
                    camera: "c\(camera)", sequence: UInt64(sequence), presentationTime: time, arrival: verdict.arrival,
                    wallTimeMs: verdict.wallTimeMs, pixels: pixels)
                let isMoving = camera > cameras - 1 - busy || isThere && happening.moves
                guard seats[camera].gates(frame, isMoving: isMoving) == nil else { continue }
                for action in machines[camera].ingest(verdict) {
                    if case .open = action { delays.opened.append(second - happening.from) }
                    if case .close = action { delays.closed.append(second - happening.until) }
                }
                seats[camera].judged(
                    frame, LaneTime(held: .nanoseconds(Int64(cost * 1e9))), isSuspect: machines[camera].isSuspicious)
            }
        }
        return delays
    }

    @Test func `with time for all, three of five frames take two fifths of a second`() throws {
        let found = delays(cameras: 3, cost: 0.04, Happening())
        #expect(found.opened.count == 1 && found.closed.count == 1)
        #expect(try #require(found.opened.first) < 0.7)
        #expect(try #require(found.closed.first) < 5.3)
    }

    @Test(arguments: [(12, 0.04), (20, 0.04), (30, 0.04)], [0, 4])
    func `on a busy box what the gate misses is an event within three and a half seconds`(
        box: (cameras: Int, cost: Double), busy: Int
    ) throws {
        let found = delays(cameras: box.cameras, cost: box.cost, Happening(), busy: busy)
        #expect(found.opened.count == 1 && found.closed.count == 1, "\(found)")
        #expect(try #require(found.opened.first) < 3.5)
        // Its place is watched closely until the event is over.
        #expect(try #require(found.closed.first) < 6)
    }

    @Test(arguments: [12, 20, 30])
    func `and what moves within two`(cameras: Int) throws {
        let found = delays(cameras: cameras, cost: 0.04, Happening(moves: true))
        #expect(found.opened.count == 1, "\(found)")
        #expect(try #require(found.opened.first) < 2)
    }

    @Test func `a short quiet time makes sweeps come as often as it needs`() throws {
        var rules = Script.rules
        rules.quietTime = .seconds(1)
        let found = delays(cameras: 10, cost: 0.04, Happening(), rules: rules)
        #expect(found.opened.count == 1 && found.closed.count == 1, "\(found)")
        #expect(try #require(found.opened.first) < 2)
    }

    @Test func `a far overloaded box is late, but misses nothing that stays`() throws {
        let found = delays(cameras: 100, cost: 0.06, Happening(from: 30, until: 80))
        #expect(found.opened.count == 1, "\(found)")
        // Seven seconds until it is seen, two until it is confirmed.
        #expect(try #require(found.opened.first) < 11)
    }
}
