internal import Basics
internal import GRDB

/// What happens when room becomes scarce. On the writer's queue.
extension EventWriter {
    /// Whether an error means that there is no room: on the disk, in a quota, or for larger files.
    static func isWantOfRoom(_ error: any Error) -> Bool {
        [.SQLITE_FULL, .SQLITE_IOERR].contains((error as? DatabaseError)?.resultCode)
    }

    /// Looks at the room; carries out what changes.
    func lookAtRoom(hasJustFailed: Bool = false) {
        guard let room = room() else { return }
        let ballast = Ballast(database: path)
        adjustToFileSizeLimit()
        let isFailing = state.withLock { $0.failure?.code == .full || $0.failure?.code == .io }
        // A log that may not grow must be played into the database, to be filled again from its beginning.
        if isFailing || hasJustFailed {
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
        }
        let next = state.withLock {
            $0.disk.look(
                room, isFailing: isFailing, hasJustFailed: hasJustFailed, hasReserve: ballast.isThere,
                at: clocks.monotonic())
        }
        if state.withLock({ $0.disk.stage }) == .onReserve {
            ballast.release()
        } else if !ballast.isThere, room.isRoomForReserve {
            ballast.take(room.reserve, rightsOf: path)
        }
        guard let next else { return }
        let words = Self.words(next, ByteText.of(room.free))
        report(.news(StoreNews(next == .ample ? .note : .warning, words)))
        closeDiskEvent(next == .ample ? .restored : .replaced)
        guard next != .ample else { return }
        let event = recordBox(.diskFull, detail: words, lasts: true)
        state.withLock { $0.diskEvent = (event, clocks.monotonic()) }
    }

    /// Ends the event that tells of too little room, if there is one.
    func closeDiskEvent(_ reason: CloseReason) {
        let now = clocks.monotonic()
        let open = state.withLock { state in
            defer { state.diskEvent = nil }
            return state.diskEvent
        }
        guard let open else { return }
        var event = open.event
        event.lastSeenMs = event.startMs + max(.zero, now - open.since).milliseconds
        (event.state, event.reason) = (reason.state, reason)
        if reason.state == .closed { event.endMs = event.lastSeenMs }
        enqueue(.camera(event), isOpening: false, [])
    }

    private func room() -> DiskWatch.Room? {
        guard let (free, total) = StoreFile.space(beside: path) else { return nil }
        guard let limit = StoreFile.fileSizeLimit else { return DiskWatch.Room(free: free, total: total) }
        let below = limit - max(StoreFile.size(path), StoreFile.size(path + "-wal"))
        return DiskWatch.Room(free: max(0, min(free, below)), total: min(total, limit))
    }

    /// SQLite must find the database full before the system refuses it a larger file: then the write-ahead log can always
    /// be played into it.
    private func adjustToFileSizeLimit() {
        let limit = StoreFile.fileSizeLimit
        guard state.withLock({ $0.fileSizeLimit }) != limit else { return }
        let pages = limit.map { max(16, $0 / 16 / 4096) }
        let isSet: Void? = try? pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(min(1000, pages ?? 1000))")
            try Self.limitPages(db, to: limit)
        }
        if isSet != nil { state.withLock { $0.fileSizeLimit = limit } }
    }

    static func limitPages(_ db: Database, to bytes: Int64?) throws {
        let pageSize = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        try db.execute(sql: "PRAGMA max_page_count = \(max(1, (bytes ?? Int64(1) << 42) / pageSize))")
    }

    private static func words(_ stage: DiskStage, _ free: String) -> String {
        switch stage {
        case .ample: "there is room again (\(free)): pictures are stored with events"
        case .noPictures: "the disk is nearly full (\(free) left): events are stored without pictures"
        case .onReserve: "the disk takes no more: events are stored without pictures, in room that was kept for them"
        }
    }
}
