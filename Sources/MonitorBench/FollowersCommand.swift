import Alerting
import ArgumentParser
import Basics
import Glibc
import HistoryForgery

/// What readers cost the writer.
struct FollowersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "followers",
        abstract: "Commit events alone and beside followers and a reader of everything, by turns.",
        discussion: """
            Followers are processes of monitorctl; the reader pages through the whole history, as an export does. Also measured: how long after its commit a follower's line arrives.
            """)

    @Option(help: "Followers.") var followers = 8
    @Option(help: "Turns of each kind.") var turns = 12
    @Option(help: "Commits per turn, 20 milliseconds apart.") var commits = 100
    @Option(help: "Events of the history beforehand.") var events = 200_000
    @Option(help: "Folder on the disk that counts; default: the temporary folder.") var folder: String?

    func run() throws {
        let clocks = SystemClocks()
        let temporary = try TemporaryFolder()
        let path = (folder ?? temporary.path) + "/followers-\(getpid()).sqlite"
        defer { for end in ["", "-wal", "-shm", ".lock"] { unlink(path + end) } }
        try HistoryForgery(events: events).write(to: path)
        let source = CommittedEvents(try EventWriter(path: path), clocks: clocks)
        let history = try EventReader(path: path)
        var (alone, crowded, lines) = (Series(), Series(), Series())
        var log = 0
        for _ in 0..<turns {
            try source.commit(commits, into: &alone)
            let program = try ChildProcess.beside("monitorctl")
            // It hears of everything from here on, however long it takes to start.
            let follower = [
                "events", "--follow", "--after", "r\(try history.latestRevision)", "-o", "ids", "--database", path,
            ]
            let listener = try ChildProcess(program, follower, isRead: true)
            let others = try (1..<max(1, followers)).map { _ in try ChildProcess(program, follower) }
            let reader = try ChildProcess(
                program, ["events", "--limit", "100000000", "-o", "json", "--database", path])
            // Until the listener listens.
            try source.commit(1, into: &lines)
            _ = listener.lines()
            lines = Series()
            try source.commit(commits, into: &crowded)
            log = max(log, size(of: path + "-wal"))
            reader.stop()
            for other in others { other.stop() }
            try source.listen(commits / 4, listener)
            listener.stop()
        }
        var table = TextTable("Milliseconds", ["", "p50", "p99", "worst"])
        let rows = [
            ("commit, alone", alone), ("commit, with readers", crowded), ("commit to line", source.arrivals),
        ]
        for (name, series) in rows {
            table.add(name, number(series.median, 2), number(series.p99, 2), number(series.worst, 2))
        }
        print(table.text)
        print(
            "p99 with readers / alone: \(number(crowded.p99 / alone.p99, 3)); write-ahead log: \(mebibytes(log)) at most"
        )
    }

    private func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// Camera events, each with a picture, opened and closed.
private final class CommittedEvents {
    private let writer: EventWriter
    private let clocks: SystemClocks
    private var machine: CameraEventMachine
    private(set) var arrivals = Series()
    private static let picture = EventSnapshot(
        kind: .clean, timeMs: 0, sequence: 0, jpeg: [UInt8](repeating: 7, count: 40_000))

    init(_ writer: EventWriter, clocks: SystemClocks) {
        self.writer = writer
        self.clocks = clocks
        var rules = CameraEventRules()
        rules.goodFrames = 1
        machine = CameraEventMachine(camera: "yard", rules: rules, ids: EventIDGenerator(seed: 1))
    }

    private func open() -> [CameraEventAction] {
        machine.troubled(.lost, detail: "measured", isFinal: true, at: now)
    }

    private var now: CameraEventMachine.Instant { .init(clocks.monotonic(), wallMs: clocks.wallTimeMs()) }

    private func close() {
        for action in machine.sawFrame(at: now) { writer.submit(action) }
        writer.flush()
    }

    /// Times openings from their hand-over to their commit.
    func commit(_ count: Int, into series: inout Series) throws {
        for _ in 0..<count {
            clocks.sleep(for: .milliseconds(20))
            let actions = open()
            let start = clocks.monotonic()
            for action in actions { writer.submit(action, snapshots: [Self.picture]) }
            writer.flush()
            series.add(clocks.monotonic() - start)
            close()
        }
    }

    /// Times a follower's lines from the commit to their arrival.
    func listen(_ count: Int, _ listener: ChildProcess) throws {
        // What the commits before made it print.
        while listener.lines(within: 500) > 0 {}
        for index in 0..<count {
            for action in open() { writer.submit(action) }
            writer.flush()
            let start = clocks.monotonic()
            _ = listener.lines()
            arrivals.add(clocks.monotonic() - start)
            // At any moment between two looks of the follower.
            clocks.sleep(for: .milliseconds(20 + index % 17))
            close()
            while listener.lines(within: 100) > 0 {}
        }
    }
}
