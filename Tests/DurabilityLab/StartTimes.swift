internal import Basics
package import FaultLab
internal import Foundation
internal import HistoryForgery
internal import TestSupport

/// How long the real daemon takes from its start to the first verdict on a frame, with the model of the package and a learned
/// camera.
package struct StartTimes {
    package let inOrder: [Duration]
    /// The same after a kill.
    package let afterKill: [Duration]

    /// - Parameters:
    ///   - isLive: an RTSP camera, otherwise a file.
    ///   - events: in the history that it opens.
    ///   - starts: of each sort.
    package init(_ learned: LearnedCamera, isLive: Bool, events: Int, starts: Int) async throws {
        let camera = LabCamera(["one": Feed(try Clip(file: learned.watched), rate: 10)])
        let source = isLive ? camera.address("one") : learned.watched
        let site = try Site(
            cameras: [#"name: yard, source: "\#(source)", verdict_log: first.ndjson"#], profiles: learned.profiles)
        if events > 0 { try HistoryForgery(events: events).write(to: site.database) }
        var times: [[Duration]] = [[], []]
        // The first start makes or upgrades the tables.
        for start in 0..<2 * starts + 1 {
            let log = site.folder.file("first.ndjson")
            try? FileManager.default.removeItem(atPath: log)
            let began = ContinuousClock.now
            let daemon = try site.start(.monitord)
            let isScoring = try await daemon.wait(upTo: .seconds(120), every: .milliseconds(2)) { _ in
                ((try? FileManager.default.attributesOfItem(atPath: log)[.size]) as? Int) ?? 0 > 0
            }
            guard isScoring else { throw Blind(log: daemon.errors) }
            if start > 0 { times[(start - 1) % 2].append(ContinuousClock.now - began) }
            // Events may be under way when it ends.
            try await Task.sleep(for: .milliseconds(300))
            daemon.signal(start % 2 == 0 ? SIGTERM : SIGKILL)
            _ = try await daemon.finish(limit: .seconds(30))
        }
        withExtendedLifetime((camera, site)) {}
        (inOrder, afterKill) = (times[0], times[1])
    }

    private struct Blind: Error {
        let log: String
    }

    /// Median and most, in milliseconds.
    package var summary: String {
        func words(_ times: [Duration]) -> String {
            let sorted = times.map(\.milliseconds).sorted()
            return "\(sorted[sorted.count / 2]) ms (most \(sorted[sorted.count - 1]) ms)"
        }
        return "\(words(inOrder)) after an orderly end, \(words(afterKill)) after a kill"
    }
}
