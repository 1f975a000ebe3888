internal import Basics

/// What waits to be written, event by event: later states of an event replace earlier ones, so that the queue holds at
/// most one entry per event, however long the disk is full.
struct WriteQueue {
    /// One event and what is known about its row.
    struct Entry {
        var event: HistoryEntry
        /// The event as it opened, until its opening is announced.
        var opening: HistoryEntry?
        var snapshots: [EventSnapshot] = []
        /// The wall clock's epoch in which it opened.
        var epoch: Int64 = 0
        /// Points of the track that are stored.
        var storedPoints = 0
        /// When its row was written last.
        var written: MonotonicTime?
        /// Grows with each change; tells whether an entry changed while it was being written.
        var change = 0
        var isDirty = true

        var pictureBytes: Int { snapshots.reduce(0) { $0 + $1.jpeg.count } }
    }

    /// Events that wait for their close at most; beyond, the oldest finished ones are lost and counted.
    static let limit = 512

    private(set) var entries: [EventID: Entry] = [:]
    /// Oldest first.
    private var order: [EventID] = []
    private(set) var lost = 0
    /// Bytes of pictures that wait, at most.
    static let pictureLimit = 32 << 20
    private(set) var picturesLost = 0
    /// Better pictures for events, oldest first.
    private var improvements: [(event: EventID, snapshots: [EventSnapshot])] = []
    /// Megabytes each: while the disk is full, the oldest are let go, as there is a picture of the same frame.
    static let improvementLimit = 8

    /// Open events that the database will never take.
    private var rejected: Set<EventID> = []

    /// Entries with something to write.
    var dirtyCount: Int { entries.values.count(where: \.isDirty) }

    mutating func add(_ event: HistoryEntry, isOpening: Bool, _ snapshots: [EventSnapshot], epoch: Int64) {
        if rejected.contains(event.id) {
            if event.state != .open { rejected.remove(event.id) }
            return
        }
        var entry = entries.removeValue(forKey: event.id) ?? Entry(event: event, epoch: epoch)
        if isOpening { entry.opening = event }
        if !order.contains(event.id) { order.append(event.id) }
        entry.event = event
        for snapshot in snapshots {
            entry.snapshots.removeAll { $0.kind == snapshot.kind }
            entry.snapshots.append(snapshot)
        }
        entry.isDirty = true
        entry.change += 1
        entries[event.id] = entry
        shed()
    }

    /// Takes better pictures of a frame whose pictures were added before.
    mutating func improve(_ event: EventID, with snapshots: [EventSnapshot]) {
        improvements.append((event, snapshots))
        if improvements.count > Self.improvementLimit { improvements.removeFirst() }
    }

    /// Takes out the next better pictures whose forerunners are written.
    mutating func nextImprovement() -> (event: EventID, snapshots: [EventSnapshot])? {
        improvements.firstIndex { entries[$0.event]?.snapshots.isEmpty ?? true }.map { improvements.remove(at: $0) }
    }

    /// The next entry to write: openings and closings at once, oldest first, then updates that are due.
    func next(at now: MonotonicTime, spacing: Duration) -> Entry? {
        let dirty = order.lazy.compactMap { entries[$0] }.filter(\.isDirty)
        return dirty.first { $0.opening != nil || $0.event.state != .open }
            ?? dirty.first { entry in entry.written.map { now - $0 >= spacing } ?? true }
    }

    /// Notes that this state of the entry is stored.
    mutating func stored(_ entry: Entry, at now: MonotonicTime) {
        let id = entry.event.id
        guard var current = entries[id] else { return }
        current.opening = nil
        current.storedPoints = entry.event.points
        current.written = now
        current.snapshots.removeAll(where: entry.snapshots.contains)
        current.isDirty = current.change != entry.change
        if current.event.state != .open && !current.isDirty {
            entries[id] = nil
            order.removeAll { $0 == id }
        } else {
            entries[id] = current
        }
    }

    /// Gives an event up, and with it everything that is still to come of it.
    mutating func reject(_ event: HistoryEntry) {
        if entries[event.id]?.event.state == .open { rejected.insert(event.id) }
        discard(event.id)
    }

    /// A new database took the place of the one that had these events: what is open is written again.
    mutating func startOver(epoch: Int64) {
        for id in order {
            entries[id]?.storedPoints = 0
            entries[id]?.written = nil
            entries[id]?.isDirty = true
            entries[id]?.epoch = epoch
        }
        improvements = []
    }

    private mutating func discard(_ id: EventID) {
        entries[id] = nil
        order.removeAll { $0 == id }
        lost += 1
    }

    /// Events without their pictures are better than none: while nothing can be written, the oldest pictures go.
    private mutating func shedPictures() {
        var bytes = entries.values.reduce(0) { $0 + $1.pictureBytes }
        for id in order where bytes > Self.pictureLimit {
            guard let entry = entries[id], !entry.snapshots.isEmpty else { continue }
            bytes -= entry.pictureBytes
            picturesLost += entry.snapshots.count
            entries[id]?.snapshots = []
        }
    }

    private mutating func shed() {
        shedPictures()
        guard order.count > Self.limit else { return }
        guard let oldest = order.first(where: { entries[$0]?.event.state != .open }) else { return }
        discard(oldest)
    }
}
