package import Basics

/// How much of what should be stored there is room for.
package enum DiskStage: Int, Sendable, Comparable {
    /// Everything is stored.
    case ample
    /// Events are stored without pictures.
    case noPictures
    /// The same, out of room that was kept for this.
    case onReserve

    package static func < (left: DiskStage, right: DiskStage) -> Bool { left.rawValue < right.rawValue }
}

/// Decides what is stored while room is scarce: pictures stop first, events go on. A pure state machine.
package struct DiskWatch: Sendable {
    /// Room for the database: on its file system, and below the largest file that may be written.
    package struct Room: Sendable, Hashable {
        package let free: Int64
        package let total: Int64

        package init(free: Int64, total: Int64) {
            self.free = free
            self.total = total
        }

        /// Below this, pictures stop; above twice this they are stored again.
        package var lowMark: Int64 { min(64 << 20, total / 16) }
        /// The size of the file that keeps room for events.
        package var reserve: Int64 { min(64 << 20, total / 8) }
        /// Room for the reserve without coming near the mark.
        package var isRoomForReserve: Bool { free >= 2 * lowMark + reserve }
    }

    package private(set) var stage = DiskStage.ample
    private var heldUntil: MonotonicTime?

    /// Where writing fails although there is room (a quota, a failing disk), pictures are tried again after this long.
    static let hold: Duration = .seconds(60)

    package init() {}

    /// The stage to change to; nil to stay.
    /// - Parameters:
    ///   - isFailing: the last attempt at writing failed for want of room, whenever that was.
    ///   - hasJustFailed: an attempt failed so at this moment: room that is there all the same is none.
    ///   - hasReserve: the reserve is in place.
    package mutating func look(
        _ room: Room, isFailing: Bool, hasJustFailed: Bool, hasReserve: Bool, at now: MonotonicTime
    ) -> DiskStage? {
        if hasJustFailed, room.isRoomForReserve { heldUntil = now + Self.hold }
        let isHeld = heldUntil.map { now < $0 } ?? false
        let next: DiskStage =
            if isFailing || hasJustFailed || isHeld || room.free < room.lowMark / 4 {
                .onReserve
            } else {
                switch stage {
                case .ample: room.free < room.lowMark ? .noPictures : .ample
                case .noPictures: room.free >= 2 * room.lowMark ? .ample : .noPictures
                case .onReserve: room.isRoomForReserve || hasReserve ? .ample : .onReserve
                }
            }
        guard next != stage else { return nil }
        stage = next
        return next
    }
}
