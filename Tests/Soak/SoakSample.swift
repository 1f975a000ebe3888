import Foundation

/// What a daemon and its children need at one moment.
struct SoakSample {
    /// Seconds since the start.
    let time: Double
    /// Resident memory of the daemon and proportional memory of all its children, in MiB.
    let daemon: Double
    let children: Double
    /// Of the daemon.
    let descriptors: Int
    let threads: Int
    /// Children.
    let processes: Int

    /// Nil when there is no such process any more.
    init?(of process: Int32, at time: Duration) {
        let status = Self.fields("/proc/\(process)/status")
        guard let resident = status["VmRSS"], let threads = status["Threads"],
            let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        else { return nil }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let children = all.compactMap { Int32($0) }.filter { Self.fields("/proc/\($0)/status")["PPid"] == Int(process) }
        self.time = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        daemon = Double(resident) / 1024
        self.children = children.reduce(0) { $0 + Double(Self.fields("/proc/\($1)/smaps_rollup")["Pss"] ?? 0) / 1024 }
        descriptors = files.count
        self.threads = threads
        processes = children.count
    }

    var line: String {
        String(
            format: "%10.1f%12.1f%14.1f%13d%9d%11d", time / 60, daemon, children, descriptors, threads, processes)
    }

    /// The first number of every line `key: number`.
    private static func fields(_ path: String) -> [String: Int] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var result: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let word = parts[1].split(whereSeparator: { $0 == " " || $0 == "\t" }).first else {
                continue
            }
            result[String(parts[0])] = Int(word)
        }
        return result
    }
}

/// A straight line through points, by least squares.
struct Slope {
    /// Per unit of time, and its standard error.
    let value: Double
    let error: Double

    /// - Parameter points: at least three, at different times.
    init(_ points: [(time: Double, value: Double)]) {
        let count = Double(points.count)
        let meanTime = points.reduce(0.0) { $0 + $1.time } / count
        let mean = points.reduce(0.0) { $0 + $1.value } / count
        let spread = points.reduce(0.0) { $0 + ($1.time - meanTime) * ($1.time - meanTime) }
        let slope = points.reduce(0.0) { $0 + ($1.time - meanTime) * ($1.value - mean) } / spread
        let rest = points.reduce(0.0) { sum, point in
            let off = point.value - mean - slope * (point.time - meanTime)
            return sum + off * off
        }
        value = slope
        error = (rest / (count - 2) / spread).squareRoot()
    }
}
