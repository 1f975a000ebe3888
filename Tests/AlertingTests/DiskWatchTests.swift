import Alerting
import Basics
import Testing

/// What is stored while room is scarce.
@Suite struct DiskWatchTests {
    private static let total: Int64 = 48 << 20
    private var watch = DiskWatch()

    private mutating func look(
        free megabytes: Int64, isFailing: Bool = false, hasJustFailed: Bool = false, hasReserve: Bool = true,
        at seconds: Int64
    ) -> DiskStage? {
        watch.look(
            DiskWatch.Room(free: megabytes << 20, total: Self.total), isFailing: isFailing,
            hasJustFailed: hasJustFailed,
            hasReserve: hasReserve, at: MonotonicTime(nanoseconds: seconds * 1_000_000_000))
    }

    @Test mutating func `pictures stop below the mark and come back above twice the mark`() {
        #expect(look(free: 20, at: 0) == nil)
        #expect(look(free: 2, at: 1) == .noPictures)
        #expect(look(free: 5, at: 2) == nil)
        #expect(look(free: 6, at: 3) == .ample)
    }

    @Test mutating func `the reserve goes with the last room, and all is back when there is room for it again`() {
        #expect(look(free: 0, at: 0) == .onReserve)
        #expect(look(free: 6, hasReserve: false, at: 1) == nil)
        #expect(look(free: 12, hasReserve: false, at: 2) == .ample)
    }

    @Test mutating func `a failure from before there was room delays nothing`() {
        #expect(look(free: 0, isFailing: true, at: 0) == .onReserve)
        // The room is there, the next attempt at writing is not made yet.
        #expect(look(free: 30, isFailing: true, hasReserve: false, at: 1) == nil)
        #expect(look(free: 30, hasReserve: false, at: 2) == .ample)
    }

    @Test mutating func `where writing fails in spite of room, as in a quota, pictures are tried again after a minute`()
    {
        #expect(look(free: 30, hasJustFailed: true, at: 0) == .onReserve)
        #expect(look(free: 30, at: 1) == nil)
        #expect(look(free: 30, at: 59) == nil)
        #expect(look(free: 30, at: 60) == .ample)
    }
}
