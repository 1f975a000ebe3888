import Alerting
import DurabilityLab
import FaultLab
import Foundation
import TestSupport
import Testing

/// Everything that can happen to the disk under the real daemon, while it watches.
@Suite(.serialized) struct StoreFaultTests {
    private let bundle = TemporaryFolder()

    /// A daemon's site with one camera, whose replayed verdicts open and close events all the time for ten minutes.
    private func site(database: String = "@/events.sqlite") throws -> Site {
        let rules = "rules: {enter: 3, exit: 2.2, quiet_seconds: 1}"
        try TinyBundle().open(in: bundle)
        let site = try Site(
            cameras: [#"name: yard, source: "verdicts:day.ndjson", pace: realtime, \#(rules)"#], model: bundle.path,
            database: database)
        let script = VerdictScript(
            camera: "yard", seed: 5, frames: 12_000, spacingMs: 50, startMs: 1_790_000_000_000)
        _ = try script.write(to: site.folder.file("day.ndjson"))
        return site
    }

    private func count(_ words: String, in log: String) -> Int { log.components(separatedBy: words).count - 1 }

    private func ids(_ words: String, in log: String) -> Set<String> {
        let lines = log.split(separator: "\n").filter { $0.contains(words) }
        return Set(
            lines.compactMap { line in line.range(of: "event=").map { String(line[$0.upperBound...].prefix(36)) } })
    }

    private func wait(_ daemon: Running, _ words: String, times: Int = 1) async throws {
        let isThere = try await daemon.wait(upTo: .seconds(120)) { count(words, in: $0.errors) >= times }
        try #require(isThere, "never said: \(words)\n\(daemon.errors)")
    }

    /// Until something new was stored.
    private func waitForEvents(_ daemon: Running) async throws {
        try await wait(daemon, " event=", times: count(" event=", in: daemon.errors) + 2)
    }

    /// Nil, loudly, where the machine does not allow mounts.
    private func mounts(_ site: Site, _ script: String) async throws -> OwnMounts? {
        do {
            return try await OwnMounts(site.folder, script)
        } catch let denied as OwnMounts.Denied {
            print("SKIPPED: \(denied)")
            return nil
        }
    }

    private func stop(_ daemon: Running) async throws -> Program.Outcome {
        daemon.signal(SIGTERM)
        return try await daemon.finish(limit: .seconds(60))
    }

    @Test func `on a full disk pictures stop first, events go on, and all of it comes back by itself`() async throws {
        let site = try site(database: "@/disk/events.sqlite")
        guard let mounts = try await mounts(site, "mkdir $folder/disk; mount -t tmpfs -o size=48m none $folder/disk")
        else { return }
        let disk = site.folder.file("disk")
        let daemon = try site.start(.monitord, by: mounts.launcher)
        try await wait(daemon, "event opened")
        #expect(try await mounts.run("stat -c %s \(disk)/events.sqlite.reserve") == "6291456\n")

        // Two of 48 megabytes are left.
        try await mounts.run("fallocate -l $(($(stat -f -c '%a*%S' \(disk)) - 2000000)) \(disk)/filler")
        try await wait(daemon, "the disk is nearly full")
        try await waitForEvents(daemon)
        // Not a byte is left; the reserve goes.
        try await mounts.run("cat /dev/zero > \(disk)/more 2>/dev/null || true")
        try await wait(daemon, "the disk takes no more")
        try await waitForEvents(daemon)
        try await mounts.run("test ! -e \(disk)/events.sqlite.reserve")
        // The reserve is filled as well.
        try await mounts.run("cat /dev/zero > \(disk)/third 2>/dev/null || true")
        try await wait(daemon, "events cannot be stored")
        #expect(daemon.isRunning)

        try await mounts.run("rm \(disk)/filler \(disk)/more \(disk)/third")
        let freed = ContinuousClock.now
        try await wait(daemon, "events are stored again")
        try await wait(daemon, "there is room again")
        #expect(ContinuousClock.now - freed < .seconds(5))
        try await mounts.run("test -e \(disk)/events.sqlite.reserve")
        try await waitForEvents(daemon)
        let stopped = try await stop(daemon)
        #expect(stopped.status == 0, "\(stopped.errors)")
        for line in [
            "the disk is nearly full", "the disk takes no more", "there is room again", "events are stored again",
        ] {
            #expect(count(line, in: stopped.errors) == 1, "\(line)")
        }
        #expect(count("events cannot be stored", in: stopped.errors) == 1)

        try await mounts.run("cp \(disk)/events.sqlite* \(site.folder.path)/")
        let reader = try EventReader(path: site.folder.file("events.sqlite"))
        #expect(try reader.problems() == [])
        let events = try reader.history(limit: 100_000)
        let stored = Set(events.map(\.id.description))
        #expect(ids("event opened", in: stopped.errors).subtracting(stored) == [])
        let box = events.filter { $0.camera == CameraEvent.box }
        #expect(box.map(\.kind) == ["disk-full", "disk-full"] && box.map(\.reason) == [.restored, .replaced])
        #expect(events.allSatisfy { $0.state != .open })
    }

    @Test func `a limit on the size of files is a full disk, too`() async throws {
        let site = try site()
        let daemon = try site.start(.monitord)
        try await wait(daemon, "event closed")
        let sizes = ["", "-wal"].map { suffix in
            (try? FileManager.default.attributesOfItem(atPath: site.database + suffix)[.size] as? Int) ?? 0
        }
        let limit = (sizes.max() ?? 0) + 32768
        try Tool.run("/usr/bin/prlimit", ["--pid", "\(daemon.id)", "--fsize=\(limit):"])
        try await wait(daemon, "without pictures")
        try await waitForEvents(daemon)
        // Not even one event's pages may be written now.
        try Tool.run("/usr/bin/prlimit", ["--pid", "\(daemon.id)", "--fsize=8192:"])
        try await wait(daemon, "events cannot be stored")
        #expect(daemon.isRunning)
        try Tool.run("/usr/bin/prlimit", ["--pid", "\(daemon.id)", "--fsize=unlimited:"])
        try await wait(daemon, "events are stored again")
        try await wait(daemon, "there is room again")
        let stopped = try await stop(daemon)
        #expect(stopped.status == 0, "\(stopped.errors)")
        let events = try EventReader(path: site.database).history(limit: 100_000)
        #expect(ids("event opened", in: stopped.errors).subtracting(events.map(\.id.description)) == [])
        #expect(try EventReader(path: site.database).problems() == [])
    }

    @Test func `while another process holds the database locked, events wait and none is lost`() async throws {
        let site = try site()
        let daemon = try site.start(.monitord)
        try await wait(daemon, "event opened")
        let held = "BEGIN IMMEDIATE;\n.shell touch \(site.folder.file("locked")); sleep 12\nROLLBACK;\n"
        try site.folder.write("hold.sql", held)
        let holder = try Running(command: [
            "/bin/sh", "-c", "sqlite3 \(site.database) < \(site.folder.file("hold.sql"))",
        ])
        let isLocked = try await holder.wait(upTo: .seconds(30)) { _ in
            FileManager.default.fileExists(atPath: site.folder.file("locked"))
        }
        try #require(isLocked, "\(holder.errors)")
        // One that starts now is told whose fault it is.
        let second = try await site.run(.monitord, limit: .seconds(60))
        #expect(second.status == 74 && second.errors.contains("another daemon writes"), "\(second.errors)")
        try await wait(daemon, "events cannot be stored")
        try await wait(daemon, "events are stored again")
        #expect(count("events cannot be stored", in: daemon.errors) == 1)
        #expect(daemon.errors.contains("another program keeps the event database \(site.database) locked"))
        let stopped = try await stop(daemon)
        #expect(stopped.status == 0, "\(stopped.errors)")
        let events = try EventReader(path: site.database).history(limit: 100_000)
        #expect(ids("event opened", in: stopped.errors).subtracting(events.map(\.id.description)) == [])
    }

    @Test func `after a crash a damaged database is set aside, and the daemon watches`() async throws {
        let site = try site()
        let first = try site.start(.monitord)
        try await wait(first, "event closed")
        first.signal(SIGKILL)
        _ = try await first.finish(limit: .seconds(10))
        // What lies in the log would heal the pages.
        try Tool.run("/usr/bin/sqlite3", [site.database, "PRAGMA wal_checkpoint(TRUNCATE)"])
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: site.database)[.size] as? Int, "no size")
        let file = try FileHandle(forUpdating: URL(filePath: site.database))
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: size - 4096))
        try file.close()

        let daemon = try site.start(.monitord)
        try await wait(daemon, "event opened")
        #expect(count("the event database was damaged and lies in", in: daemon.errors) == 1)
        let stopped = try await stop(daemon)
        #expect(stopped.status == 0, "\(stopped.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: site.folder.path)
        #expect(names.contains { $0.hasPrefix("events.sqlite.damaged-") })
        let reader = try EventReader(path: site.database)
        #expect(try reader.history(limit: 1000).contains { $0.kind == "history-damaged" })
        #expect(try reader.problems() == [])
    }

    @Test func `a file system that is read-only is named at the start`() async throws {
        let site = try site(database: "@/disk/events.sqlite")
        let script = "mkdir $folder/disk; mount -t tmpfs none $folder/disk; mount -o remount,ro $folder/disk"
        guard let mounts = try await mounts(site, script) else { return }
        let refused = try await site.start(.monitord, by: mounts.launcher).finish(limit: .seconds(60))
        #expect(refused.status == 74)
        #expect(
            refused.errors.contains("disk is on a read-only file system; mount it for writing"), "\(refused.errors)")
        #expect(refused.complaints.count == 1)
    }
}

extension EventReader {
    fileprivate func history(limit: Int) throws -> [HistoryEntry] {
        var query = EventQuery()
        query.limit = limit
        return try history(query).entries
    }
}
