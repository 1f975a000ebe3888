internal import Basics
internal import Glibc

/// One connection through a `FaultProxy`.
final class ProxyLink {
    /// One direction: what was read and not yet passed on.
    private struct Flow {
        var waiting: [(due: MonotonicTime, bytes: ArraySlice<UInt8>)] = []
        var size = 0
        var passed = 0
        var hasEnded = false
        var isClosed = false
        /// Bytes that a limited rate allows now, and since when.
        var allowance = 0.0
        var counted: MonotonicTime?
    }

    private let client: Int32
    private let server: Int32?
    private var up = Flow()
    private var down = Flow()
    private var isSilent = false
    private(set) var isOver = false

    private static let queueLimit = 256 << 10
    private static let throttleStep = Duration.milliseconds(20)

    init(client: Int32, server: Int32?) {
        self.client = client
        self.server = server
    }

    func end(_ end: FaultProxy.End) {
        guard !isOver else { return }
        guard end != .silence else {
            isSilent = true
            return
        }
        isOver = true
        if end == .reset { Socket.reset(client) } else { close(client) }
        if let server { close(server) }
    }

    /// Moves all that can be moved now.
    func work(_ behaviour: FaultProxy.Behaviour, _ now: MonotonicTime, _ random: inout SeededGenerator) {
        guard !isOver, !isSilent else { return }
        guard let server else { return talk(behaviour.door) }
        take(from: client, behaviour.toServer, &up, now, &random)
        take(from: server, behaviour.toClient, &down, now, &random)
        if !isOver { give(to: server, behaviour.toServer, &up, now) }
        if !isOver { give(to: client, behaviour.toClient, &down, now) }
        if !isOver, up.isClosed, down.isClosed { end(.fin) }
    }

    /// What to wait for.
    func wishes(_ behaviour: FaultProxy.Behaviour, _ now: MonotonicTime) -> [pollfd] {
        guard !isOver, !isSilent else { return [] }
        guard let server else { return [pollfd(fd: client, events: Int16(POLLIN), revents: 0)] }
        func wish(_ socket: Int32, _ source: Flow, _ sourceLane: FaultProxy.Lane, _ sink: Flow, _ lane: FaultProxy.Lane)
            -> pollfd?
        {
            var events: Int32 = 0
            if wants(source, sourceLane) { events |= POLLIN }
            if let first = sink.waiting.first, first.due <= now, !lane.isFrozen, lane.bytesPerSecond == nil {
                events |= POLLOUT
            }
            return events == 0 ? nil : pollfd(fd: socket, events: Int16(events), revents: 0)
        }
        return [
            wish(client, up, behaviour.toServer, down, behaviour.toClient),
            wish(server, down, behaviour.toClient, up, behaviour.toServer),
        ].compactMap(\.self)
    }

    /// When there is something to do even if no socket asks.
    func due(_ behaviour: FaultProxy.Behaviour, _ now: MonotonicTime) -> MonotonicTime? {
        guard !isOver, !isSilent else { return nil }
        return [(up, behaviour.toServer), (down, behaviour.toClient)].compactMap { flow, lane in
            guard let first = flow.waiting.first, !lane.isFrozen else { return nil }
            if first.due > now { return first.due }
            return lane.bytesPerSecond == nil ? nil : now + Self.throttleStep
        }.min()
    }

    private func wants(_ flow: Flow, _ lane: FaultProxy.Lane) -> Bool {
        !flow.hasEnded && !lane.isFrozen && flow.size < Self.queueLimit
    }

    /// There is no server behind: reads what the client says and answers as told.
    private func talk(_ door: FaultProxy.Door) {
        switch Socket.receive(client) {
        case .bytes:
            guard case .answers(let bytes) = door else { return }
            _ = Socket.send(client, bytes[...])
        case .nothing: break
        case .ended, .broken: end(.fin)
        }
    }

    private func take(
        from socket: Int32, _ lane: FaultProxy.Lane, _ flow: inout Flow, _ now: MonotonicTime,
        _ random: inout SeededGenerator
    ) {
        while !isOver, wants(flow, lane) {
            switch Socket.receive(socket) {
            case .bytes(var bytes):
                if lane.loss > 0 { bytes.removeAll { _ in random.uniform() < lane.loss } }
                if lane.damage > 0 {
                    for index in bytes.indices where random.uniform() < lane.damage {
                        bytes[index] ^= 1 << UInt8(random.index(below: 8))
                    }
                }
                // Never before what came earlier.
                let due = max(now + lane.delay + lane.jitter * random.uniform(), flow.waiting.last?.due ?? now)
                flow.size += bytes.count
                flow.waiting.append((due, bytes[...]))
            case .nothing: return
            case .ended: flow.hasEnded = true
            case .broken: end(.reset)
            }
        }
    }

    private func give(to socket: Int32, _ lane: FaultProxy.Lane, _ flow: inout Flow, _ now: MonotonicTime) {
        guard !lane.isFrozen else { return }
        var budget = Int.max
        if let rate = lane.bytesPerSecond {
            let step = flow.counted.map { now - $0 } ?? .zero
            flow.allowance = min(flow.allowance + Double(rate) * Double(step.nanoseconds) / 1e9, Double(rate))
            flow.counted = now
            budget = Int(flow.allowance)
        }
        if let limit = lane.limit {
            guard flow.passed < limit else { return end(lane.end) }
            budget = min(budget, limit - flow.passed)
        }
        while let first = flow.waiting.first, first.due <= now, budget > 0 {
            guard let count = Socket.send(socket, first.bytes.prefix(budget)) else { return end(.reset) }
            flow.size -= count
            flow.passed += count
            flow.allowance -= Double(count)
            budget -= count
            guard count == first.bytes.count else {
                flow.waiting[0].bytes = first.bytes.dropFirst(count)
                break
            }
            flow.waiting.removeFirst()
        }
        if let limit = lane.limit, flow.passed >= limit { return end(lane.end) }
        if flow.hasEnded, flow.waiting.isEmpty, !flow.isClosed {
            flow.isClosed = true
            shutdown(socket, Int32(SHUT_WR))
        }
    }
}
