/// The entries of one facet in the order of a list, fetched in growing batches.
struct FacetStream {
    private let facet: Int64
    private var place: HistoryKey
    private var batch: Int
    private var fetched: ArraySlice<HistoryKey> = []
    private var isAtEnd = false
    /// The entry to be taken next; valid after `advance` said so.
    private(set) var head: HistoryKey

    private static let largestBatch = 256

    /// - Parameter place: the entries after it are meant.
    init(facet: Int64, place: HistoryKey, batch: Int) {
        self.facet = facet
        self.place = place
        self.batch = batch
        head = place
    }

    /// Goes on to the next entry.
    /// - Returns: whether there is one.
    mutating func advance(_ statements: HistoryStatements) throws -> Bool {
        if fetched.isEmpty {
            guard !isAtEnd else { return false }
            fetched = try statements.next(facet, after: place, limit: batch)[...]
            isAtEnd = fetched.count < batch
            batch = min(2 * batch, Self.largestBatch)
            place = fetched.last ?? place
        }
        guard let next = fetched.popFirst() else { return false }
        head = next
        return true
    }
}

/// Streams by their heads.
struct StreamHeap {
    private var streams: [FacetStream] = []
    private let isBefore: (HistoryKey, HistoryKey) -> Bool

    init(isBefore: @escaping (HistoryKey, HistoryKey) -> Bool) { self.isBefore = isBefore }

    mutating func insert(_ stream: FacetStream) {
        streams.append(stream)
        var index = streams.count - 1
        while index > 0, isBefore(streams[index].head, streams[(index - 1) / 2].head) {
            streams.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the stream whose head comes first; nil when there is none.
    mutating func popFirst() -> FacetStream? {
        guard let last = streams.popLast() else { return nil }
        guard let first = streams.first else { return last }
        streams[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < streams.count && isBefore(streams[child].head, streams[least].head) { least = child }
            guard least != index else { return first }
            streams.swapAt(index, least)
            index = least
        }
    }
}
