internal import Basics
internal import Glibc

/// The thread of a `FaultProxy` and what it works on.
///
/// `@unchecked Sendable`: all but `state` and `watch` is touched by its own thread only.
final class ProxyWorks: @unchecked Sendable {
    private struct State {
        var behaviour: FaultProxy.Behaviour
        var cut: FaultProxy.End?
        var accepted = 0
        var isClosed = false
        var isStopped = false
    }

    let port = Port()
    private let server: Int
    private let state: Locked<State>
    private let watch = Watch()
    private let clocks = SystemClocks()
    private var random: SeededGenerator
    private var door = FaultProxy.Door.refused
    private var listener: Int32?
    /// Connections of our own that fill the queue of a listener, so that it takes no others.
    private var plugs: [Int32] = []
    private var links: [ProxyLink] = []

    init(server: Int, seed: UInt64, door: FaultProxy.Door) {
        self.server = server
        random = SeededGenerator(seed: seed)
        state = Locked(State(behaviour: FaultProxy.Behaviour(door: door)))
        adjust(door)
    }

    var accepted: Int { state.withLock { $0.accepted } }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func change(_ body: (inout FaultProxy.Behaviour) -> Void) {
        state.withLock { body(&$0.behaviour) }
        watch.wake()
    }

    func cut(_ end: FaultProxy.End) {
        state.withLock { $0.cut = end }
        watch.wake()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        watch.wake()
    }

    func run() {
        while true {
            let (behaviour, cut, isStopped) = state.withLock { state in
                defer { state.cut = nil }
                return (state.behaviour, state.cut, state.isStopped)
            }
            if isStopped { break }
            if door != behaviour.door { adjust(behaviour.door) }
            if let cut { for link in links { link.end(cut) } }
            accept()
            let now = clocks.monotonic()
            for link in links { link.work(behaviour, now, &random) }
            links.removeAll { $0.isOver }
            var wishes = links.flatMap { $0.wishes(behaviour, now) }
            if let listener, plugs.isEmpty { wishes.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
            let due = links.compactMap { $0.due(behaviour, now) }.min()
            watch.wait(for: wishes, upTo: due.map { $0 - now } ?? .seconds(60))
        }
        adjust(.refused)
        for link in links { link.end(.fin) }
    }

    private func adjust(_ new: FaultProxy.Door) {
        for plug in plugs { close(plug) }
        plugs = []
        if let listener { close(listener) }
        listener = nil
        door = new
        switch new {
        case .refused: break
        case .blackHole:
            // A queue of length 0 holds one connection.
            listener = port.listen(backlog: 0)
            plugs = [Socket.dial(port.number)]
        case .open, .mute, .answers: listener = port.listen(backlog: 256)
        }
        state.withLock { $0.isClosed = listener == nil }
    }

    private func accept() {
        guard let listener, plugs.isEmpty else { return }
        while let socket = Socket.accept(listener) {
            state.withLock { $0.accepted += 1 }
            links.append(ProxyLink(client: socket, server: door == .open ? Socket.dial(server) : nil))
        }
    }
}
