import Alerting
import Analysis
import Basics
import Dispatch
import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Kills a process in the middle of its work, again and again, and looks at what it leaves behind.
@Suite(.serialized) struct CrashTests {
    @Test(arguments: 0..<20)
    func whatWasReportedSurvivesAKill(round: Int) async throws {
        let folder = TemporaryFolder()
        let (path, log) = (folder.file("events.sqlite"), folder.file("log"))
        var random = SeededGenerator(seed: UInt64(round) + 77)
        let delayMs = random.index(below: 250)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, log = log as String, delayMs = delayMs as Int] in
            try CrashTests.writeUntilKilled(path, log, delayMs)
        }

        let text = try String(contentsOf: URL(filePath: log), encoding: .utf8)
        // The last line may be torn.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            $0.split(separator: " ")
        }
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        let reader = try EventReader(path: path)
        #expect(try reader.problems().isEmpty)
        // The process had time for at least one event.
        #expect(!lines.isEmpty)
        let closed = Set(lines.filter { $0[0] == "closed" }.map { String($0[1]) })
        for line in lines {
            let event = try #require(try reader.event(String(line[1])), "a reported event is lost")
            #expect(event.state != .open)
            if closed.contains(String(line[1])) {
                #expect(event.state == .closed)
            } else if event.state == .interrupted {
                #expect(event.reason == .crash && event.endMs == nil)
                // Frames are 200 ms apart: the last sight is one that was submitted, never an invented one.
                #expect((event.lastSeenMs - event.startMs) % 200 == 0 && event.frames > 0)
                #expect(event.duration == .milliseconds(200 * (event.frames - 1)))
            }
        }
        let page = try reader.events(
            {
                var query = EventQuery()
                query.limit = 100_000
                return query
            }())
        #expect(page.events.allSatisfy { $0.state != .open })
        #expect(page.events.count >= lines.count { $0[0] == "opened" })
        try writer.finish()
    }

    /// Opens and closes events as fast as the writer takes them, and logs what is reported, one `write` per line.
    private static func writeUntilKilled(_ path: String, _ log: String, _ delayMs: Int) throws {
        let descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let firstReport = DispatchSemaphore(value: 0)
        let writer = try EventWriter(path: path) { report in
            let line: String
            switch report {
            case .opened(let event): line = "opened \(event.id)\n"
            case .closed(let event): line = "closed \(event.id)\n"
            default: return
            }
            var text = line
            _ = text.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
            firstReport.signal()
        }
        DispatchQueue(label: "killer").async { @Sendable in
            firstReport.wait()
            usleep(UInt32(1000 * delayMs))
            kill(getpid(), SIGKILL)
        }
        let pictures = [EventSnapshot(kind: .clean, timeMs: 1, sequence: 1, jpeg: [UInt8](repeating: 1, count: 20_000))]
        for number in 0... {
            let life = Lives.one(at: .seconds(number), seed: UInt64(number) + 1, frames: 8)
            // Every third event stays open.
            writer.submit(number % 3 == 0 ? Array(life.dropLast()) : life, snapshots: pictures)
            if number % 8 == 7 { writer.barrier() }
        }
    }
}
