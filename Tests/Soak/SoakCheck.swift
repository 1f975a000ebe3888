import Basics
import FaultLab
import Foundation

/// Runs the daemon for long with eight cameras, half of which are dead, and fails when it needs more and more memory,
/// descriptors, threads or processes. Usage: `SoakCheck [--minutes 30]`; takes the binaries of `MONITOR_BIN` or of the
/// release build.
@main struct SoakCheck {
    /// Growth in MiB per day that a long-running daemon may have.
    static let limit = 1.0
    private static let interval = Duration.seconds(10)

    static func main() async throws {
        let arguments = CommandLine.arguments
        let minutes = arguments.count == 3 && arguments[1] == "--minutes" ? Double(arguments[2]) ?? 30 : 30
        let learned = try await LearnedCamera.shared
        let feed = Feed(try Clip(file: learned.watched), rate: 5)
        var locked = feed
        locked.password = "right"
        let camera = LabCamera(["one": feed, "two": feed, "three": feed, "four": feed, "locked": locked])
        let noise = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ $0 >> 3) }
        let doors: [(name: String, path: String, door: FaultProxy.Door)] = [
            ("refused", "one", .refused), ("black-hole", "one", .blackHole), ("garbage", "one", .answers(noise)),
            ("wrong-password", "locked", .open),
        ]
        let proxies = doors.map { FaultProxy(before: camera.port, door: $0.door) }
        let rest = "profile: yard, analysis_fps: 0.5"
        let living = ["one", "two", "three", "four"].map {
            #"name: \#($0), source: "\#(camera.address($0))", \#(rest)"#
        }
        let dead = zip(doors, proxies).map { entry, proxy in
            #"name: \#(entry.name), source: "\#(camera.address(entry.path, port: proxy.port))", \#(rest)"#
        }
        let site = try Site(cameras: living + dead, profiles: learned.profiles)
        let daemon = try site.start(.monitord)
        defer { daemon.signal(SIGKILL) }
        let samples = try await watch(daemon, minutes: minutes)
        daemon.signal(SIGTERM)
        let outcome = try await daemon.finish(limit: .seconds(20))
        _ = proxies.count
        guard outcome.status == 0 else {
            print("the daemon ended with status \(outcome.status):\n\(outcome.errors.suffix(2000))")
            exit(1)
        }
        if !judge(samples) { exit(1) }
    }

    private static func watch(_ daemon: Running, minutes: Double) async throws -> [SoakSample] {
        let clocks = SystemClocks()
        let start = clocks.monotonic()
        var samples: [SoakSample] = []
        print("   minutes  daemon MiB  children MiB  descriptors  threads  processes")
        while clocks.monotonic() - start < .seconds(minutes * 60) {
            try await Task.sleep(for: interval)
            guard daemon.isRunning, let sample = SoakSample(of: daemon.id, at: clocks.monotonic() - start) else {
                print("the daemon is gone:\n\(daemon.errors.suffix(2000))")
                exit(1)
            }
            samples.append(sample)
            print(sample.line)
        }
        return samples
    }

    /// Looks at the second half only: until then, everything was used for the first time.
    private static func judge(_ samples: [SoakSample]) -> Bool {
        let late = Array(samples.suffix(samples.count / 2))
        guard late.count >= 6 else {
            print("too few samples")
            return false
        }
        var isGood = true
        for (name, value) in [("daemon", \SoakSample.daemon), ("children", \.children)] {
            let slope = Slope(late.map { ($0.time, $0[keyPath: value]) })
            let perDay = slope.value * 86_400
            let error = slope.error * 86_400
            // Two standard errors: a short run cannot tell a small slope from none.
            let verdict = perDay < limit ? "good" : perDay - 2 * error < limit ? "no growth that can be told" : "GROWS"
            print("memory of \(name): \(text(perDay)) MiB/day, standard error \(text(error)): \(verdict)")
            isGood = isGood && perDay - 2 * error < limit
        }
        let half = late.count / 2
        for (name, value) in [
            ("descriptors", \SoakSample.descriptors), ("threads", \.threads), ("processes", \.processes),
        ] {
            // Dials and probes come and go; the middle of many samples does not.
            func median(_ samples: ArraySlice<SoakSample>) -> Int {
                samples.map { $0[keyPath: value] }.sorted()[samples.count / 2]
            }
            let (first, second) = (median(late.prefix(half)), median(late.suffix(half)))
            print("\(name): \(first), later \(second): \(second <= first ? "constant" : "GROW")")
            isGood = isGood && second <= first
        }
        print(isGood ? "passed" : "FAILED")
        return isGood
    }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}
