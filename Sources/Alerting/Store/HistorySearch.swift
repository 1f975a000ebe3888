internal import GRDB

/// An entry of the `history` table, by what lists are sorted by.
struct HistoryKey: Sendable, Hashable {
    let startMs: Int64
    let entry: Int64
    /// Nil of camera events.
    let surprise: Double?
}

/// Finds a page of entries, whatever is asked for, in bounded time.
///
/// A filter is a set of facets (see `HistorySchema`). Inside a facet the entries lie in both orders, so that
/// - a list by time, or by surprise, of any facets is a merge of as many index ranges, which reads nothing in vain;
/// - a list in one order and a range in the other takes all of the range when that is short, or walks in order and passes
///   over what is out of range. Walking finds a page early when much is in range; taking all is fast when little is. Where
///   neither holds within these bounds, the page ends early, and the next one goes on from there.
struct HistorySearch {
    /// Entries that may be taken to be sorted. Where there are more in ten million, a walk passes over about 25,000 of the
    /// others to fill a page of 50.
    private static let mostTaken = 20_000
    /// Entries that a page may pass over.
    private static let mostPassed = 40_000
    /// From this many facets on, it pays to look first among the next entries of any facet.
    private static let manyFacets = 24

    private let query: EventQuery
    private let statements: HistoryStatements
    /// One more than the page, to know whether there is a next one.
    private let wanted: Int

    init(_ query: EventQuery, _ db: Database) throws {
        self.query = query
        statements = try HistoryStatements(query, db)
        wanted = query.limit + 1
    }

    /// In the order of the list.
    func page() throws -> (entries: [HistoryKey], next: EventQuery.Cursor?) {
        let facets = try statements.facets()
        var found: [HistoryKey] = []
        var passed: HistoryKey?
        if !facets.isEmpty {
            if query.order == .time {
                (found, passed) = try byTime(facets)
            } else {
                (found, passed) = try bySurprise(facets)
            }
        }
        let page = Array(found.prefix(query.limit))
        let last = found.count > query.limit ? page.last : passed
        return (page, last.map { EventQuery.Cursor($0, query.order) })
    }

    private func byTime(_ facets: [Int64]) throws -> (found: [HistoryKey], passed: HistoryKey?) {
        var found: [HistoryKey] = []
        var place = statements.start
        if facets.count >= Self.manyFacets {
            let chosen = Set(facets)
            let span = 20 * wanted
            var count = 0
            try statements.walk(from: place, limit: span) { key, facet in
                count += 1
                place = key
                if chosen.contains(facet), statements.isInRange(key) { found.append(key) }
                return found.count < wanted
            }
            if found.count == wanted || count < span { return (found, nil) }
        }
        if statements.hasSurpriseRange,
            try statements.count(facets, by: .surprise, atMost: Self.mostTaken) < Self.mostTaken
        {
            return (found + (try taken(facets, by: .surprise, after: place, wanted - found.count)), nil)
        }
        let rest = try merge(facets, from: place, wanted - found.count)
        return (found + rest.found, rest.passed)
    }

    private func bySurprise(_ facets: [Int64]) throws -> (found: [HistoryKey], passed: HistoryKey?) {
        if statements.hasTimeRange, try statements.count(facets, by: .time, atMost: Self.mostTaken) < Self.mostTaken {
            return (try taken(facets, by: .time, after: statements.start, wanted), nil)
        }
        return try merge(facets, from: statements.start, wanted)
    }

    /// The first of everything in the range of an index that is not the list's.
    private func taken(
        _ facets: [Int64], by index: EventQuery.Order, after place: HistoryKey, _ count: Int
    ) throws -> [HistoryKey] {
        var found: [HistoryKey] = []
        for facet in facets {
            try statements.range(facet, by: index) { key in
                guard statements.isInRange(key), statements.isBefore(place, key) else { return }
                found.append(key)
            }
            if found.count > 4 * count + 1000 { found = first(count, of: found) }
        }
        return first(count, of: found)
    }

    private func first(_ count: Int, of keys: [HistoryKey]) -> [HistoryKey] {
        Array(keys.sorted(by: statements.isBefore).prefix(count))
    }

    /// Merges the facets' own lists.
    private func merge(
        _ facets: [Int64], from place: HistoryKey, _ count: Int
    ) throws -> (found: [HistoryKey], passed: HistoryKey?) {
        var heap = StreamHeap(isBefore: statements.isBefore)
        let first = max(2, 2 * count / facets.count)
        for facet in facets {
            var stream = FacetStream(facet: facet, place: place, batch: min(first, count))
            if try stream.advance(statements) { heap.insert(stream) }
        }
        var found: [HistoryKey] = []
        var passedOver = 0
        while var stream = heap.popFirst() {
            let key = stream.head
            if statements.isInRange(key) {
                found.append(key)
                if found.count == count { return (found, nil) }
            } else {
                passedOver += 1
                if passedOver == Self.mostPassed { return (found, key) }
            }
            if try stream.advance(statements) { heap.insert(stream) }
        }
        return (found, nil)
    }
}
