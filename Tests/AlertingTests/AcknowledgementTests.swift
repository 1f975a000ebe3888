import Alerting
import Analysis
import Basics
import FoundationEssentials
import GRDB
import TestSupport
import Testing

@Suite struct AcknowledgementTests {
    private let folder = TemporaryFolder()
    private var path: String { folder.file("events.sqlite") }
    private static let clocks = ManualClocks(wallTimeMs: 1_800_000_000_000)

    /// A writer with closed events, and their ids in the order of time.
    private func filled(_ count: Int, camera: String = "yard") throws -> (EventWriter, [EventID]) {
        let writer = try EventWriter(path: path, clocks: Self.clocks)
        var ids: [EventID] = []
        for index in 0..<count {
            let life = Lives.one(camera: camera, at: .seconds(10 * index), seed: UInt64(index + 1))
            writer.submit(life, snapshots: Lives.picture)
            ids.append(life[0].event.id)
        }
        writer.flush()
        return (writer, ids)
    }

    private func labels(_ labels: [EventLabel?]) throws -> [EventID] {
        var query = EventQuery()
        query.filter.labels = labels
        return try EventReader(path: path).events(query).events.map(\.id).reversed()
    }

    private func expect(
        _ code: StoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> AckOutcome
    ) {
        let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) { _ = try body() }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }

    @Test func `a label is given, replaced and taken back, and all of it stays in the history`() throws {
        let (writer, ids) = try filled(1)
        let id = ids[0]
        let reader = try EventReader(path: path)
        #expect(try reader.acknowledgement(of: id) == nil)

        let first = try writer.carryOut(AckRequest(event: id.description, label: .falseAlarm, note: "a shadow"))
        #expect(first.event == id && first.camera == "yard" && first.label == .falseAlarm && first.former == nil)
        let said = try #require(try reader.acknowledgement(of: id))
        #expect(said.label == .falseAlarm && said.note == "a shadow" && said.timeMs == 1_800_000_000_000)
        #expect(said.stands)

        let second = try writer.carryOut(AckRequest(event: id.description, label: .confirmed))
        #expect(second.label == .confirmed && second.former == .falseAlarm)
        #expect(try reader.acknowledgement(of: id)?.label == .confirmed)

        let third = try writer.carryOut(AckRequest(event: id.description, label: nil))
        #expect(third.label == nil && third.former == .confirmed)
        #expect(try reader.acknowledgement(of: id) == nil)
        #expect(try reader.latestAcknowledgements(of: [id])[id]?.undoneMs == 1_800_000_000_000)

        let rows = try DatabaseQueue(path: path).read {
            try String.fetchAll($0, sql: "SELECT label || ' ' || (undone_ms IS NULL) FROM ack ORDER BY number")
        }
        #expect(rows == ["false 0", "confirm 0"])
        #expect(try reader.problems().isEmpty)
    }

    @Test func `what cannot be done is refused with its reason and changes nothing`() throws {
        let (writer, ids) = try filled(3)
        let id = ids[1].description
        expect(.unknownEvent) { try writer.carryOut(AckRequest(event: "ffff", label: .falseAlarm)) }
        expect(.unknownEvent) { try writer.carryOut(AckRequest(event: "", label: .falseAlarm)) }
        expect(.unknownEvent) { try writer.carryOut(AckRequest(event: "%", label: .falseAlarm)) }
        expect(.ambiguous) { try writer.carryOut(AckRequest(event: "0", label: .falseAlarm)) }
        expect(.unchanged) { try writer.carryOut(AckRequest(event: id, label: nil)) }
        let long = String(repeating: "ä", count: 501)
        expect(.malformed) { try writer.carryOut(AckRequest(event: id, label: .falseAlarm, note: long)) }
        let reader = try EventReader(path: path)
        let revision = try reader.latestRevision
        _ = try writer.carryOut(AckRequest(event: id, label: .falseAlarm))
        let labelled = try reader.latestRevision
        #expect(labelled > revision)
        expect(.unchanged) { try writer.carryOut(AckRequest(event: id, label: .falseAlarm, note: "again")) }
        #expect(try reader.latestRevision == labelled)
        #expect(try reader.acknowledgement(of: ids[1])?.note == nil)
        #expect(try labels([.falseAlarm]) == [ids[1]])
    }

    @Test func `lists select by label, and tell it`() throws {
        let (writer, ids) = try filled(5)
        for (index, label) in [(0, EventLabel.falseAlarm), (2, .confirmed), (3, .falseAlarm)] {
            _ = try writer.carryOut(AckRequest(event: ids[index].description, label: label))
        }
        #expect(try labels([]) == ids)
        #expect(try labels([.falseAlarm]) == [ids[0], ids[3]])
        #expect(try labels([.confirmed]) == [ids[2]])
        #expect(try labels([nil]) == [ids[1], ids[4]])
        #expect(try labels([nil, .confirmed]) == [ids[1], ids[2], ids[4]])
        #expect(try labels([nil, .confirmed, .falseAlarm]) == ids)

        let reader = try EventReader(path: path)
        let said = try reader.events().acknowledgements.mapValues(\.label)
        #expect(said == [ids[0]: .falseAlarm, ids[2]: .confirmed, ids[3]: .falseAlarm])
        var query = EventQuery()
        query.filter.labels = [nil]
        query.limit = 1
        let page = try reader.events(query)
        query.after = page.next
        #expect(page.events.map(\.id) == [ids[4]])
        #expect(try reader.events(query).events.map(\.id) == [ids[1]])
    }

    @Test func `calibration gets a camera's labelled events of a time, and the counts of a profile`() throws {
        let (writer, ids) = try filled(4)
        let other = Lives.one(camera: "gate", seed: 99)
        writer.submit(other)
        writer.flush()
        for id in [ids[0], ids[1], ids[3], other[0].event.id] {
            _ = try writer.carryOut(AckRequest(event: id.description, label: .falseAlarm))
        }
        _ = try writer.carryOut(AckRequest(event: ids[3].description, label: .confirmed))
        _ = try writer.carryOut(AckRequest(event: ids[0].description, label: nil))
        let reader = try EventReader(path: path)
        let all = try reader.labels(camera: "yard", since: 0)
        #expect(all.map(\.event.id) == [ids[1], ids[3]])
        #expect(all.map(\.acknowledgement.label) == [.falseAlarm, .confirmed])
        #expect(all[0].event.surprise > 0)
        #expect(try reader.labels(camera: "yard", since: all[1].event.startMs).map(\.event.id) == [ids[3]])
        #expect(try reader.labels(camera: "hall", since: 0).isEmpty)
        #expect(try reader.counts(profile: "p1", since: 0) == [nil: 2, .falseAlarm: 2, .confirmed: 1])
        #expect(try reader.counts(profile: "p1", since: all[1].event.startMs) == [.confirmed: 1])
        #expect(try reader.counts(profile: "p2", since: 0) == [:])
    }

    @Test func `followers see a change of label as a change of the event`() throws {
        let (writer, ids) = try filled(2)
        let reader = try EventReader(path: path)
        let before = try reader.latestRevision
        _ = try writer.carryOut(AckRequest(event: ids[0].description, label: .confirmed))
        let changes = try reader.changes(after: before)
        #expect(changes.events.map(\.id) == [ids[0]])
        #expect(try reader.latestAcknowledgements(of: [ids[0]])[ids[0]]?.revision == changes.revision)
        _ = try writer.carryOut(AckRequest(event: ids[0].description, label: nil))
        let undone = try reader.changes(after: changes.revision)
        #expect(undone.events.map(\.id) == [ids[0]])
        #expect(try reader.latestAcknowledgements(of: [ids[0]])[ids[0]]?.revision == undone.revision)
    }

    @Test func `an event that is still open keeps its label while it goes on, and its rows stay the machine's`() throws
    {
        let writer = try EventWriter(path: path, clocks: Self.clocks)
        let (life, plain) = (Lives.one(frames: 20), Lives.one(at: .seconds(60), seed: 2, frames: 20))
        for life in [life, plain] { writer.submit(Array(life.prefix(8))) }
        writer.flush()
        _ = try writer.carryOut(AckRequest(event: life[0].event.id.description, label: .falseAlarm))
        for life in [life, plain] { writer.submit(Array(life.dropFirst(8))) }
        writer.flush()
        let reader = try EventReader(path: path)
        let read = try #require(try reader.event(life[0].event.id.description))
        var expected = try #require(life.last?.event)
        expected.track = read.track
        #expect(read == expected)
        #expect(try reader.acknowledgement(of: read.id)?.label == .falseAlarm)
        let other = try #require(try reader.event(plain[0].event.id.description))
        #expect(other.track.count == read.track.count && other.state == .closed)
        let revisions = try DatabaseQueue(path: path).read {
            try Int64.fetchAll($0, sql: "SELECT revision FROM event ORDER BY revision")
        }
        #expect(Set(revisions).count == 2)
        #expect(try reader.latestRevision == revisions.last)
        try writer.finish()
    }

    // MARK: - Without a daemon

    @Test func `without a daemon the database itself is changed, and the next daemon goes on`() throws {
        let open = Lives.one(at: .seconds(90), seed: 70)
        var request = AckRequest(event: "", label: .falseAlarm)
        var ids: [EventID] = []
        do {
            let writer: EventWriter
            (writer, ids) = try filled(2)
            writer.submit(open[0])
            writer.flush()
            request = AckRequest(event: ids[0].description, label: .falseAlarm, note: "rain")
            expect(.inUse) { try StoppedStore.carryOut(request, path: path, clocks: Self.clocks) }
        }

        let outcome = try StoppedStore.carryOut(request, path: path, clocks: Self.clocks)
        #expect(outcome.event == ids[0] && outcome.label == .falseAlarm)
        expect(.unchanged) { try StoppedStore.carryOut(request, path: path, clocks: Self.clocks) }
        let reader = try EventReader(path: path)
        #expect(try reader.acknowledgement(of: ids[0])?.note == "rain")
        // What the dead daemon left open is the next daemon's to close.
        #expect(try reader.event(open[0].event.id.description)?.state == .open)

        let before = try reader.latestRevision
        let reports = Reports()
        let next = try EventWriter(path: path, clocks: Self.clocks) { reports.add($0) }
        #expect(reports.all == ["recovered \(open[0].event.id)"])
        _ = try next.carryOut(AckRequest(event: ids[0].description, label: nil))
        #expect(try reader.latestRevision > before)
        #expect(try reader.problems().isEmpty)
    }

    @Test func `a database that is not there is not made`() {
        let request = AckRequest(event: "01", label: .confirmed)
        expect(.missing) { try StoppedStore.carryOut(request, path: path) }
        #expect(folder.names().isEmpty)
    }

    @Test(arguments: [#"{"event":"01","label":"maybe"}"#, #"{"event":"01"}"#, #"{"label":"false"}"#, "[]"])
    func `a request that does not say what it wants is not read`(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(AckRequest.self, from: Data(json.utf8)) }
    }
}
