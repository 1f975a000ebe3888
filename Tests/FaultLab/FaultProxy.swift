internal import Basics

/// Stands before a server and spoils what goes through, on command and at any time. It works until it is released.
package final class FaultProxy: Sendable {
    /// How a connection ends.
    package enum End: Sendable {
        case fin
        case reset
        /// Nothing more comes, and nobody says so.
        case silence
    }

    /// What happens to new connections.
    package enum Door: Sendable, Equatable {
        case open
        /// Nobody listens.
        case refused
        /// No answer at all: the kernel drops the packets that ask for a connection.
        case blackHole
        /// Accepted, read, and never answered.
        case mute
        /// Everything that comes is answered with these bytes, whatever it says.
        case answers([UInt8])
    }

    /// One direction.
    package struct Lane: Sendable {
        package var delay = Duration.zero
        /// A random share of this is added to the delay.
        package var jitter = Duration.zero
        package var bytesPerSecond: Int?
        /// Share of the bytes that are left out.
        package var loss = 0.0
        /// Share of the bytes in which one bit is turned.
        package var damage = 0.0
        /// Nothing goes through, and the connection stays.
        package var isFrozen = false
        /// Bytes of each connection after which `end` happens.
        package var limit: Int?
        package var end = End.fin
    }

    package struct Behaviour: Sendable {
        package var door = Door.open
        package var toServer = Lane()
        package var toClient = Lane()
    }

    package let port: Int
    private let works: ProxyWorks

    /// - Parameters:
    ///   - server: the port of this machine that connections are passed on to.
    ///   - seed: of all that is random.
    package init(before server: Int, seed: UInt64 = 1, door: Door = .open) {
        works = ProxyWorks(server: server, seed: seed, door: door)
        port = works.port.number
        let works = works
        precondition(OwnThread.start { @Sendable in works.run() })
    }

    deinit { works.stop() }

    /// Changes what happens from now on, to connections that exist as well.
    package func change(_ body: (inout Behaviour) -> Void) { works.change(body) }

    /// As if nothing had ever been wrong; connections that exist stay.
    package func heal() { works.change { $0 = Behaviour() } }

    /// Ends every connection that exists.
    package func cut(_ end: End) { works.cut(end) }

    /// Whether nobody listens.
    package var isClosed: Bool { works.isClosed }

    /// Connections that were accepted so far.
    package var accepted: Int { works.accepted }
}
