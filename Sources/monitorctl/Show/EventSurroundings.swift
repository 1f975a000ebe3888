import Alerting
import Basics

/// One event with all that belongs to it, read in short snapshots.
struct EventSurroundings {
    let entry: HistoryEntry
    let said: Acknowledgement?
    let labels: [Acknowledgement]
    let previous: HistoryEntry?
    let next: HistoryEntry?
    let pictures: [EventSnapshot]
    /// What was one incident, oldest first, this event among them; empty where the event is all of it.
    let chain: [Event]

    init(_ entry: HistoryEntry, _ reader: EventReader) throws(StoreError) {
        self.entry = entry
        labels = try reader.labelHistory(of: entry)
        said = labels.last.flatMap { $0.stands ? $0 : nil }
        (previous, next) = try reader.neighbours(of: entry)
        pictures = try reader.pictures(of: entry)
        chain = if case .anomaly(let event) = entry { try reader.chain(of: event) } else { [] }
    }
}

/// The published form of `monitorctl show --json`: docs/schema/show.json.
struct EventSurroundingsDocument: Encodable {
    private struct Said: Encodable {
        let label: String
        let time: String
        let undone: String?
        let note: String?
    }

    private struct Picture: Encodable {
        let kind: String
        let stream: String
        let time: String
        let bytes: Int
    }

    private struct Rest: Encodable {
        let labels: [Said]
        let pictures: [Picture]
        let previous: String?
        let next: String?
        let chain: [String]
    }

    private let event: EventDocument
    private let rest: Rest

    init(_ surroundings: EventSurroundings) {
        event = EventDocument(surroundings.entry, surroundings.said, track: true)
        rest = Rest(
            labels: surroundings.labels.map {
                Said(
                    label: $0.label.rawValue, time: UTCTime.rfc3339($0.timeMs),
                    undone: $0.undoneMs.map(UTCTime.rfc3339), note: $0.note)
            },
            pictures: surroundings.pictures.map {
                Picture(
                    kind: $0.kind.rawValue, stream: $0.stream.rawValue, time: UTCTime.rfc3339($0.timeMs),
                    bytes: $0.jpeg.count)
            },
            previous: surroundings.previous?.id.description, next: surroundings.next?.id.description,
            chain: surroundings.chain.map(\.id.description))
    }

    func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        try rest.encode(to: encoder)
    }
}
