package import Alerting
package import FaultLab
internal import Service

/// The events in a database, each with its track, for comparison with what an oracle knows.
package struct ReplayedHistory {
    /// An event, and the state in which the oracle knows it.
    package struct Match {
        package let entry: HistoryEntry
        package let known: KnownEvent
        package let state: KnownEvent.State
    }

    /// Those that are wanted, with their tracks.
    package let entries: [HistoryEntry]
    /// Every event, without its track.
    package let all: [EventID: HistoryEntry]
    package let path: String
    private let reader: EventReader

    /// - Parameter known: ids of events that are not wanted.
    package init(_ database: String, without known: Set<EventID> = []) throws {
        let reader = try EventReader(path: database)
        self.reader = reader
        var query = EventQuery()
        query.limit = 1_000_000
        path = database
        let listed = try reader.history(query).entries
        all = Dictionary(uniqueKeysWithValues: listed.map { ($0.id, $0) })
        entries = try listed.filter { !known.contains($0.id) }.map { entry in
            guard case .anomaly = entry else { return entry }
            return try reader.entry(entry.id.description) ?? entry
        }
    }

    /// When a replayed camera's events open and close, as the daemon reads it from the site's settings.
    package static func rules(_ site: Site, _ camera: String) throws -> EventRules {
        let settings = try Settings.load(site.configuration)
        guard let rules = settings.cameras.first(where: { $0.name == camera })?.fixedRules else {
            throw ServiceError(.settings, "\(camera) has no thresholds")
        }
        return rules
    }

    /// What is wrong with the events of one camera; empty when every value is true.
    package func problems(_ oracle: Oracle) throws -> [String] { try compare(["": oracle]).problems }

    /// Finds every event in what its camera's oracle knows.
    /// - Parameter oracles: by camera; one for all of them under the empty name.
    /// - Returns: what was found, and what is wrong: events and values that never were, points, pictures and ids that do
    ///   not fit.
    package func compare(_ oracles: [String: Oracle]) throws -> (matches: [Match], problems: [String]) {
        var matches: [Match] = []
        var problems: [String] = []
        for entry in entries {
            let place = "\(entry.camera) \(entry.id)"
            guard let known = (oracles[entry.camera] ?? oracles[""])?.events[Oracle.name(of: entry)] else {
                problems.append("\(place): no such event ever was")
                continue
            }
            let values = Oracle.values(of: entry)
            guard let state = known.states.last(where: { $0.values == values }) else {
                problems.append("\(place): was never like that: \(values)")
                continue
            }
            matches.append(Match(entry: entry, known: known, state: state))
            problems += pointProblems(entry, known, state).map { "\(place): \($0)" }
            problems += try pictureProblems(entry, known).map { "\(place): \($0)" }
        }
        return (matches, problems + Self.orderProblems(matches))
    }

    private func pointProblems(_ entry: HistoryEntry, _ known: KnownEvent, _ state: KnownEvent.State) -> [String] {
        guard case .anomaly(let stored) = entry, case .anomaly(let truth) = state.entry else { return [] }
        let sequences = Set(stored.track.map(\.sequence))
        let strange = stored.track.filter { known.points[$0.sequence] != $0 }.map { "the point \($0) never was" }
        let missing = (truth.track + [truth.peak]).filter { !sequences.contains($0.sequence) }
        return strange + missing.map { "the point \($0) is missing" }
    }

    /// Pictures are complete, and of a frame that showed the event.
    private func pictureProblems(_ entry: HistoryEntry, _ known: KnownEvent) throws -> [String] {
        guard case .anomaly = entry else { return [] }
        let pictures = try EventSnapshot.Kind.allCases.compactMap { try reader.snapshot(entry.id, $0) }
        var problems: [String] = []
        if pictures.count != 2 { problems.append("\(pictures.count) pictures instead of 2") }
        for picture in pictures {
            if picture.jpeg.prefix(2) != [0xFF, 0xD8] || picture.jpeg.suffix(2) != [0xFF, 0xD9] {
                problems.append("half a picture")
            }
            if !known.states.contains(where: { UInt64($0.verdict) == picture.sequence }) {
                problems.append("the picture of another frame, \(picture.sequence)")
            }
        }
        return problems
    }

    /// Ids of one camera sort as its events opened.
    private static func orderProblems(_ matches: [Match]) -> [String] {
        func key(_ match: Match) -> String {
            if case .anomaly = match.entry { match.entry.camera } else { match.entry.camera + " (camera)" }
        }
        return Dictionary(grouping: matches, by: key).flatMap { camera, matches in
            let sorted = matches.sorted { $0.entry.id < $1.entry.id }
            return zip(sorted, sorted.dropFirst()).filter { $0.known.order >= $1.known.order }.map {
                "\(camera): \($1.entry.id) sorts behind \($0.entry.id), which opened later"
            }
        }
    }
}
