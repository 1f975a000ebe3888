import Alerting
import Analysis
import Basics
import FoundationEssentials
import TestSupport
import Testing

@Suite struct EventStoreTests {
    @Test func anEventIsReadBackAsItWasWritten() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        for (seed, kind) in [(1, EventKind.object), (2, .pixel), (3, .both)] {
            let life = Lives.one(seed: UInt64(seed), kind: kind)
            writer.submit(life, snapshots: Lives.picture)
            writer.flush()
            let event = try #require(life.last?.event)
            let reader = try EventReader(path: path)
            let read = try #require(try reader.event(event.id.description))
            var expected = event
            expected.track = read.track
            #expect(read == expected)
            #expect(Set(event.track).isSubset(of: Set(read.track)))
            #expect(read.track.contains(event.peak))
            #expect(try reader.snapshot(event.id, .annotated) == Lives.picture[0])
            #expect(try reader.snapshot(event.id, .clean) == Lives.picture[1])
        }
        #expect(try EventReader(path: path).problems().isEmpty)
        try writer.finish()
    }

    @Test func openingsAndClosingsAreCommittedBeforeTheyAreReported() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let seen = Locked<[EventState?]>([])
        let writer = try EventWriter(path: path) { report in
            switch report {
            case .opened(let event), .closed(let event):
                let state = try? EventReader(path: path).event(event.id.description)?.state
                seen.withLock { $0.append(state) }
            default: break
            }
        }
        let life = Lives.one()
        writer.submit(life[0])
        writer.flush()
        writer.submit(Array(life.dropFirst()))
        writer.flush()
        #expect(seen.withLock { $0 } == [.open, .closed])
    }

    @Test func updatesAreWrittenAtMostOnceASecond() throws {
        let folder = TemporaryFolder()
        let clocks = ManualClocks()
        let writer = try EventWriter(path: folder.file("events.sqlite"), clocks: clocks)
        let life = Lives.one(frames: 100)
        writer.submit(life[0])
        writer.barrier()
        for action in life.dropFirst().dropLast() {
            writer.submit(action)
            writer.barrier()
            clocks.advance(by: .milliseconds(100))
        }
        // 97 updates in 9.7 seconds.
        #expect(10...11 ~= writer.counters.transactions)
        writer.submit(life[life.count - 1])
        writer.barrier()
        #expect(11...12 ~= writer.counters.transactions)
        #expect(writer.counters.waiting == 0)
    }

    @Test func whatADeadDaemonLeftOpenIsInterruptedAtItsTrueLastSight() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let life = Lives.one()
        let last = life[life.count - 2].event
        do {
            let writer = try EventWriter(path: path)
            writer.submit(Array(life.dropLast()))
            writer.flush()
        }
        let reports = Reports()
        let writer = try EventWriter(path: path, clocks: ManualClocks(wallTimeMs: 1_900_000_000_000)) {
            reports.add($0)
        }
        #expect(reports.all == ["recovered \(last.id)"])
        let event = try #require(try EventReader(path: path).event(last.id.description))
        #expect(event.state == .interrupted)
        #expect(event.reason == .crash)
        #expect(event.endMs == nil)
        #expect(event.lastSeenMs == last.lastSeenMs)
        #expect(try writer.latestID == last.id)
        #expect(try EventReader(path: path).changes(after: 0).events.map(\.id) == [last.id])
    }

    @Test func aSecondDaemonIsRefused() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let first = try EventWriter(path: path)
        let error = #expect(throws: StoreError.self) { _ = try EventWriter(path: path) }
        #expect(error?.code == .inUse)
        #expect(error?.message == "another daemon writes \(path); stop it or choose another database")
        try first.finish()
    }

    @Test func aFolderThatIsMissingOrNotWritableIsReported() throws {
        let missing = #expect(throws: StoreError.self) { _ = try EventWriter(path: "/nonexistent/events.sqlite") }
        #expect(missing?.code == .missing)
        #expect(missing?.message == "the folder /nonexistent of the event database does not exist; create it")
        // Not even root can write here.
        let denied = #expect(throws: StoreError.self) { _ = try EventWriter(path: "/proc/events.sqlite") }
        #expect(denied?.code == .denied)
    }

    @Test func aFileThatIsNoDatabaseIsReportedAndLeftAlone() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let text = Data(String(repeating: "this is not a database\n", count: 500).utf8)
        try text.write(to: URL(filePath: path))
        for open in [{ _ = try EventWriter(path: path) }, { _ = try EventReader(path: path) }] as [() throws -> Void] {
            let error = #expect(throws: StoreError.self) { try open() }
            #expect(error?.code == .notADatabase)
            #expect(error?.message == "\(path) is not an event database, or it is damaged; restore or remove it")
        }
        #expect(try Data(contentsOf: URL(filePath: path)) == text)
    }

    @Test func aDatabaseThatIsMissingIsReportedToReaders() {
        let error = #expect(throws: StoreError.self) { _ = try EventReader(path: "/nonexistent/events.sqlite") }
        #expect(error?.code == .missing)
    }

    @Test func eachChangeOfAnEventReachesFollowersOnce() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        let reader = try EventReader(path: path)
        #expect(try reader.latestRevision == 0)
        let (first, second) = (Lives.one(seed: 1), Lives.one(at: .seconds(20), seed: 2))
        writer.submit(first[0])
        writer.flush()
        var (events, place) = try reader.changes(after: 0)
        #expect(events.map(\.state) == [.open])
        writer.submit(second)
        writer.flush()
        writer.submit(first[first.count - 1])
        writer.flush()
        (events, place) = try reader.changes(after: place)
        #expect(events.map(\.id) == [second[0].event.id, first[0].event.id])
        #expect(events.map(\.state) == [.closed, .closed])
        (events, place) = try reader.changes(after: place)
        #expect(events.isEmpty)
        #expect(try reader.latestRevision == place)
    }

    @Test func whenTheDiskIsFullEventsGoOnWithoutPicturesAndThenWait() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let reports = Reports()
        let writer = try EventWriter(path: path) { reports.add($0) }
        try writer.setMaximumBytes(200_000)
        let large = [EventSnapshot(kind: .clean, timeMs: 1, sequence: 1, jpeg: [UInt8](repeating: 7, count: 60_000))]
        var lives: [[EventAction]] = []
        while !reports.all.contains("failing full") && lives.count < 3000 {
            lives.append(Lives.one(seed: UInt64(lives.count + 1), frames: 5))
            writer.submit(lives[lives.count - 1], snapshots: large)
            writer.flush()
        }
        #expect(reports.all.contains { $0.hasPrefix("without snapshots") })
        #expect(writer.counters.snapshotsLost > 0)
        #expect(writer.counters.waiting == 1)
        // More events come while it is full; nothing is announced that is not stored.
        let more = Lives.one(seed: 5000)
        writer.submit(more)
        writer.flush()
        #expect(writer.counters.waiting == 2)
        #expect(!reports.all.contains("opened \(more[0].event.id)"))
        #expect(reports.all.count { $0.hasPrefix("failing") } == 1)

        try writer.setMaximumBytes(100_000_000)
        writer.flush()
        #expect(reports.all.contains("working"))
        #expect(writer.counters.waiting == 0)
        let reader = try EventReader(path: path)
        for life in lives + [more] {
            #expect(try reader.event(life[0].event.id.description)?.state == .closed)
            #expect(reports.all.count { $0 == "opened \(life[0].event.id)" } == 1)
            #expect(reports.all.count { $0 == "closed \(life[0].event.id)" } == 1)
        }
        #expect(try reader.problems().isEmpty)
    }

    @Test func anEventThatCannotBeStoredDoesNotHoldUpTheOthers() throws {
        let folder = TemporaryFolder()
        let reports = Reports()
        let writer = try EventWriter(path: folder.file("events.sqlite")) { reports.add($0) }
        // A frame without width, which no camera sends.
        let (bad, good) = (Lives.one(seed: 1, width: 0), Lives.one(seed: 2))
        writer.submit(bad[0])
        writer.flush()
        writer.submit(Array(bad.dropFirst()))
        writer.submit(good)
        writer.flush()
        let expected = ["rejected \(bad[0].event.id)", "opened \(good[0].event.id)", "closed \(good[0].event.id)"]
        #expect(reports.all == expected)
        #expect(writer.counters.eventsLost == 1)
        #expect(writer.counters.waiting == 0)
    }

    @Test func aFailedWriteIsTriedAgainByItself() async throws {
        let folder = TemporaryFolder()
        let reports = Reports()
        let writer = try EventWriter(path: folder.file("events.sqlite")) { reports.add($0) }
        try writer.setMaximumBytes(1)
        for seed in 1...500 where writer.counters.failures == 0 {
            writer.submit(Lives.one(seed: UInt64(seed), frames: 5))
            writer.flush()
        }
        #expect(reports.all.last == "failing full")
        try writer.setMaximumBytes(100_000_000)
        for _ in 0..<100 where !reports.all.contains("working") { try await Task.sleep(for: .milliseconds(50)) }
        #expect(reports.all.contains("working"))
        #expect(writer.counters.waiting == 0)
    }

    @Test func readersWorkWhileTheWriterWrites() throws {
        let folder = TemporaryFolder()
        let path = folder.file("events.sqlite")
        let writer = try EventWriter(path: path)
        for seed in 1...200 {
            writer.submit(Lives.one(at: .seconds(seed), seed: UInt64(seed), frames: 5), snapshots: Lives.picture)
            if seed % 20 == 0 { _ = try EventReader(path: path).events() }
        }
        writer.flush()
        #expect(try EventReader(path: path).changes(after: 0, limit: 1000).events.count == 200)
    }
}
