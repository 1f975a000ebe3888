import Basics
import FaultLab
import Foundation
import TestSupport
import Testing

/// Everything that can go wrong with a camera, all at once before one daemon.
@Suite(.serialized)
struct FaultTableTests {
    /// Recovery times that were seen, for the report at the end.
    private static let recoveries = Locked<[(name: String, time: Duration)]>([])

    @Test func `every fault is logged, counted and outlived as its row says`() async throws {
        let camera = LabCamera(
            Dictionary(
                uniqueKeysWithValues: Faults.all.map { fault in
                    var feed = Feed(Clips.bars)
                    fault.feed(&feed)
                    return (fault.name, feed)
                }))
        let daemon = Locked<Int32?>(nil)
        var victims: [Victim] = []
        for fault in Faults.all {
            let server = fault.needsServer ? try await CameraServer() : nil
            let proxy = FaultProxy(before: server?.port ?? camera.port, seed: UInt64(victims.count))
            victims.append(
                Victim(name: fault.name, camera: camera, proxy: proxy, server: Locked(server), daemon: daemon))
        }
        let secrets = TemporaryFolder()
        var lines: [String] = []
        for (fault, victim) in zip(Faults.all, victims) {
            let path = fault.needsServer ? "cam" : fault.name
            let address = fault.address(camera.address(path, port: victim.proxy.port))
            // Hardly anything is analysed: this is about what arrives.
            var line = #"name: \#(fault.name), source: "\#(address)", learn_minutes: 10000"# + fault.settings
            if let password = fault.password {
                line += #", password_file: "\#(try secrets.secret(password, fault.name))""#
            }
            lines.append(line)
            if !fault.isHealthyFirst { try await fault.strike(victim) }
        }
        let watchman = try Watchman(try Site(cameras: lines))
        daemon.withLock { $0 = watchman.daemon.id }
        try #require(
            try await watchman.wait(upTo: .seconds(60)) { watchman.status(Faults.all[0].name) != nil },
            "\(watchman.daemon.errors)")
        await withTaskGroup(of: Void.self) { group in
            for (fault, victim) in zip(Faults.all, victims) {
                group.addTask { await Self.check(fault, victim, watchman) }
            }
        }
        for (name, time) in Self.recoveries.withLock({ $0 }) { print("recovery from \(name): \(time)") }
        let outcome = try await watchman.finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        for password in Faults.all.compactMap(\.password) { #expect(!outcome.errors.contains(password)) }
    }

    private static func check(_ fault: Fault, _ victim: Victim, _ watchman: Watchman) async {
        do {
            try await outlive(fault, victim, watchman)
        } catch {
            let log = watchman.log(fault.name).suffix(12).joined(separator: "\n")
            Issue.record("\(fault.name): \(error)\n\(log)")
        }
    }

    private struct Missed: Error {
        let what: String
    }

    private static func demand(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw Missed(what: what()) }
    }

    /// One row, from health to health.
    private static func outlive(_ fault: Fault, _ victim: Victim, _ watchman: Watchman) async throws {
        let name = fault.name
        func now() -> CameraStatus { watchman.status(name)! }
        func lines(after count: Int) -> String { watchman.log(name).dropFirst(count).joined(separator: "\n") }

        if fault.isHealthyFirst {
            try demand(
                try await watchman.wait(upTo: .seconds(60)) { now().state == "watching" && now().arrived > 0 },
                "was never healthy")
            try await Task.sleep(for: fault.isHealthyFor)
        }
        let before = fault.isHealthyFirst ? now() : nil
        let known = fault.isHealthyFirst ? watchman.log(name).count : 0
        if fault.isHealthyFirst { try await fault.strike(victim) }

        if let pattern = fault.log {
            let expression = try Regex(pattern)
            try demand(
                try await watchman.wait(upTo: fault.noticed) { lines(after: known).contains(expression) },
                "was not logged as /\(pattern)/")
        }
        try await Task.sleep(for: fault.lasts)
        try await checkCounters(fault, before, watchman)
        if let kind = fault.event, await watchman.knowsCameraEvents {
            try demand(try await watchman.sees(kind, of: name, upTo: .seconds(50)), "has no event \(kind)")
        }

        if let limit = fault.recovery { try await checkRecovery(fault, victim, limit, watchman) }
        let end = try await watchman.freshStatus(name)
        try demand((0...64).contains(end?.underway ?? -1), "does not add up: \(String(describing: end))")
    }

    private static func checkCounters(_ fault: Fault, _ before: CameraStatus?, _ watchman: Watchman) async throws {
        let name = fault.name
        func now() -> CameraStatus { watchman.status(name)! }
        switch fault.counters {
        case .silent(let state):
            try demand(
                try await watchman.wait(upTo: .seconds(10)) { now().state == state }, "is \(now()), not \(state)")
            let first = try await watchman.freshStatus(name)
            try await Task.sleep(for: .seconds(1))
            let second = try await watchman.freshStatus(name)
            try demand(first?.arrived == second?.arrived, "frames arrive: \(now())")
        case .steady:
            let first = now()
            try demand(
                try await watchman.wait(upTo: .seconds(20)) { now().arrived > first.arrived + 5 },
                "has no frames: \(now())")
            try demand(now().reconnects == before?.reconnects ?? 0, "was lost: \(now())")
        case .reconnected(let count):
            let wanted = (before?.reconnects ?? 0) + count
            try demand(
                try await watchman.wait(upTo: .seconds(20)) { now().reconnects >= wanted && now().state == "watching" },
                "did not come back: \(now())")
        case .alive:
            try demand(
                try await watchman.wait(upTo: .seconds(20)) {
                    now().arrived > (before?.arrived ?? 0) || now().state == "reconnecting"
                }, "is \(now())")
        }
    }

    private static func checkRecovery(_ fault: Fault, _ victim: Victim, _ limit: Duration, _ watchman: Watchman)
        async throws
    {
        let name = fault.name
        func now() -> CameraStatus { watchman.status(name)! }
        let clocks = SystemClocks()
        let connections = watchman.log(name).count { $0.contains(" watching ") }
        let wasLost = now().state != "watching"
        let healed = clocks.monotonic()
        try await fault.heal(victim)
        let arrived = now().arrived
        // Looking takes its time on a busy machine.
        let isBack = try await watchman.wait(upTo: limit * 3) {
            wasLost
                ? watchman.log(name).count { $0.contains(" watching ") } > connections
                : now().state == "watching" && now().arrived > arrived
        }
        let time = clocks.monotonic() - healed
        try demand(isBack, "did not come back: \(now())")
        try demand(time < limit, "took \(time) to come back")
        if wasLost { recoveries.withLock { $0.append((name, time)) } }
        try demand(
            try await watchman.wait(upTo: .seconds(20)) { now().state == "watching" && now().arrived > arrived },
            "has no frames again: \(now())")
    }
}
