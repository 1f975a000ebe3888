internal import CKernels
internal import Glibc
internal import Synchronization

/// Threads that help with one loop at a time.
///
/// A network is some fifty short loops one after the other: between them the helpers wait awake for a moment and fall
/// asleep when no loop follows at once. The caller never waits for a helper that has not begun: on a busy machine it does
/// the work itself. Nobody waits awake for longer than waking takes, because on a busy machine the core is needed by the
/// very thread that is waited for.
final class ComputeCrew: Sendable {
    private let shared: Shared

    /// - Parameter helpers: threads beside the caller's.
    init(helpers: Int) {
        shared = Shared()
        for index in 0..<helpers { shared.start(strand: index + 1) }
    }

    deinit { shared.stop() }

    /// Calls `body(strand, index)` for every index, or returns false when another loop is under way (perhaps the one that
    /// calls this).
    func perform(_ count: Int, _ body: @Sendable (Int, Int) -> Void) -> Bool {
        guard shared.isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            return false
        }
        withoutActuallyEscaping(body) { shared.perform(count, $0) }
        shared.isTaken.store(false, ordering: .releasing)
        return true
    }
}

/// What the threads share.
///
/// `@unchecked Sendable`: `body` and `count` are written by the one caller that took the crew, while no helper is inside a
/// loop, and published by `stage`.
private final class Shared: @unchecked Sendable {
    let isTaken = Atomic(false)
    private var body: (@Sendable (Int, Int) -> Void)?
    private var count = 0
    private let next = Atomic(0)
    private let finished = Atomic(0)
    /// Number of the loop, whether helpers may still enter it, and how many have.
    private let stage = Atomic(0)
    private let sleepers = Atomic(0)
    private let isCallerAsleep = Atomic(false)
    private let isStopped = Atomic(false)
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// That a loop is open, or that the crew stops.
    private let opened: UnsafeMutablePointer<pthread_cond_t>
    /// That a helper has finished its share of a loop.
    private let ended: UnsafeMutablePointer<pthread_cond_t>

    private static let isOpen = 1 << 8
    private static let entered = isOpen - 1
    private static let loop = isOpen << 1
    /// Turns of a waiting loop, some microseconds: the gap between most loops of a network, and about what waking takes.
    private static let patience = 300

    init() {
        mutex = .allocate(capacity: 1)
        opened = .allocate(capacity: 1)
        ended = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(opened, nil)
        pthread_cond_init(ended, nil)
    }

    deinit {
        pthread_cond_destroy(opened)
        pthread_cond_destroy(ended)
        pthread_mutex_destroy(mutex)
        opened.deallocate()
        ended.deallocate()
        mutex.deallocate()
    }

    // MARK: The caller

    func perform(_ count: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
        self.body = body
        self.count = count
        next.store(0, ordering: .relaxed)
        finished.store(0, ordering: .relaxed)
        let number = stage.load(ordering: .relaxed) & ~(Self.loop - 1)
        stage.store((number &+ Self.loop) | Self.isOpen, ordering: .sequentiallyConsistent)
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake() }
        work(0, count, body)
        let helpers = stage.bitwiseAnd(~Self.isOpen, ordering: .acquiringAndReleasing).oldValue & Self.entered
        wait(for: helpers)
        self.body = nil
    }

    private func wait(for helpers: Int) {
        for _ in 0..<Self.patience {
            if finished.load(ordering: .acquiring) >= helpers { return }
            ck_relax()
        }
        pthread_mutex_lock(mutex)
        isCallerAsleep.store(true, ordering: .sequentiallyConsistent)
        while finished.load(ordering: .sequentiallyConsistent) < helpers { pthread_cond_wait(ended, mutex) }
        isCallerAsleep.store(false, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private func wake() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(opened)
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    private func work(_ strand: Int, _ count: Int, _ body: @Sendable (Int, Int) -> Void) {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if index >= count { return }
            body(strand, index)
        }
    }

    // MARK: The helpers

    private final class Entry {
        let shared: Shared
        let strand: Int
        init(_ shared: Shared, _ strand: Int) { (self.shared, self.strand) = (shared, strand) }
    }

    /// Without a thread the loops run on fewer cores, so a failure to start one is no error.
    func start(strand: Int) {
        var thread = pthread_t()
        let entry = Unmanaged.passRetained(Entry(self, strand))
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let entry = Unmanaged<Entry>.fromOpaque(argument).takeRetainedValue()
                entry.shared.help(entry.strand)
                return nil
            }, entry.toOpaque())
        if failure == 0 { pthread_detach(thread) } else { entry.release() }
    }

    private func help(_ strand: Int) {
        var seen = 0
        while let current = enter(after: seen) {
            seen = current
            if let body { work(strand, count, body) }
            finished.wrappingAdd(1, ordering: .sequentiallyConsistent)
            if isCallerAsleep.load(ordering: .sequentiallyConsistent) {
                pthread_mutex_lock(mutex)
                pthread_cond_signal(ended)
                pthread_mutex_unlock(mutex)
            }
        }
    }

    /// Waits for an open loop with another number than `seen` and enters it; returns its number, nil when the crew stops.
    private func enter(after seen: Int) -> Int? {
        var turns = 0
        while true {
            let current = stage.load(ordering: .acquiring)
            let number = current & ~(Self.loop - 1)
            if current & Self.isOpen != 0 && number != seen {
                if stage.compareExchange(
                    expected: current, desired: current + 1, ordering: .acquiringAndReleasing
                ).exchanged {
                    return number
                }
                continue
            }
            if isStopped.load(ordering: .relaxed) { return nil }
            turns += 1
            if turns < Self.patience { ck_relax() } else { sleep(after: seen) }
        }
    }

    private func sleep(after seen: Int) {
        pthread_mutex_lock(mutex)
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            let current = stage.load(ordering: .sequentiallyConsistent)
            if current & Self.isOpen != 0 && current & ~(Self.loop - 1) != seen { break }
            pthread_cond_wait(opened, mutex)
        }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }
}
