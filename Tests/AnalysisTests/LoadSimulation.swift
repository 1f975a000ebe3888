import Analysis
import Basics
import Imaging

/// Cameras that ask a load control for their frames, in simulated time.
struct LoadSimulation {
    struct Camera {
        var framesPerSecond = 25.0
        var rate = AnalysisRate(framesPerSecond: 5)
        /// Seconds of a lane per judged frame.
        var cost = 0.04
        /// At a time in seconds.
        var isMoving: (Double) -> Bool = { _ in false }
        var isSuspect: (Double) -> Bool = { _ in false }
        /// When it sends nothing.
        var isAway: (Double) -> Bool = { _ in false }
    }

    /// Times at which each camera's frames were judged, and what became of the others.
    struct Outcome {
        var judged: [[Double]]
        var gated: [FrameLedger.GateReason: Int] = [:]
        /// Times at which time got short, and was no longer.
        var shortage: [(Double, Bool)] = []

        func rate(_ camera: Int, _ range: Range<Double>) -> Double {
            Double(judged[camera].count { range.contains($0) }) / (range.upperBound - range.lowerBound)
        }

        func longestGap(_ camera: Int, _ range: Range<Double>) -> Double {
            let times = [range.lowerBound] + judged[camera].filter(range.contains) + [range.upperBound]
            return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? 0
        }
    }

    private static let pixels = PixelBuffer(width: 1, height: 1, format: .gray8)

    static func frame(_ sequence: Int, at second: Double) -> Frame {
        let time = Duration.nanoseconds(Int64(second * 1e9))
        return Frame(
            camera: "c", sequence: UInt64(sequence), presentationTime: time,
            arrival: MonotonicTime(nanoseconds: 5_000_000_000 + time.nanoseconds), wallTimeMs: time.milliseconds,
            pixels: pixels)
    }

    static func run(_ cameras: [Camera], seconds: Double, lanes: Int = 1) -> Outcome {
        let control = LoadControl(lanes: lanes)
        let seats = cameras.map { control.join($0.rate) }
        var gates = cameras.map { FrameGate(framesPerSecond: $0.rate.framesPerSecond) }
        var outcome = Outcome(judged: Array(repeating: [], count: cameras.count))
        var arrivals: [(time: Double, camera: Int, sequence: Int)] = []
        for (index, camera) in cameras.enumerated() {
            let phase = Double(index) / Double(cameras.count)
            for sequence in 0..<Int(seconds * camera.framesPerSecond) {
                arrivals.append(((Double(sequence) + phase) / camera.framesPerSecond, index, sequence))
            }
        }
        var isShort = false
        for (time, index, sequence) in arrivals.sorted(by: { $0.time < $1.time }) where !cameras[index].isAway(time) {
            let frame = frame(sequence, at: time)
            guard gates[index].admits(frame.presentationTime) else { continue }
            if let reason = seats[index].gates(frame, isMoving: cameras[index].isMoving(time)) {
                outcome.gated[reason, default: 0] += 1
            } else {
                outcome.judged[index].append(time)
                seats[index].judged(
                    frame, LaneTime(held: .nanoseconds(Int64(cameras[index].cost * 1e9))),
                    isSuspect: cameras[index].isSuspect(time))
            }
            if control.isShort != isShort {
                isShort.toggle()
                outcome.shortage.append((time, isShort))
            }
        }
        return outcome
    }
}
