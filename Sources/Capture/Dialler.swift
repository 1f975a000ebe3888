internal import Basics
internal import Streams

/// How a session gets connected to its source, and how it waits.
struct Dialler: Sendable {
    let camera: String
    let source: SourceDescription
    let clocks: any Clocks
    let gate: DialGate
    let interrupt: Interrupt

    /// Longest uninterruptible wait, so that stopping is prompt.
    static let slice = Duration.milliseconds(50)

    /// A camera that cannot be reached costs a probe, not a dial: it neither occupies the gate nor waits long.
    func dial<Connection>(
        _ opener: any PictureOpener, _ connect: (any PictureOpener) throws(StreamError) -> Connection
    ) throws(StreamError) -> Connection {
        guard source.isLive else { return try connect(opener) }
        try opener.probe()
        while !gate.enter() {
            if interrupt.isCancelled { throw StreamError(.stopped, "\(camera) was stopped") }
            clocks.sleep(for: Self.slice)
        }
        defer { gate.leave() }
        return try connect(opener)
    }

    func sleep(until due: MonotonicTime) {
        while !interrupt.isCancelled {
            let left = due - clocks.monotonic()
            guard left > .zero else { return }
            clocks.sleep(for: min(left, Self.slice))
        }
    }

    /// For the random share of waits: differs between cameras and between runs, so that their retries spread.
    var seed: UInt64 {
        camera.utf8.reduce(UInt64(bitPattern: clocks.monotonic().nanoseconds)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
