import Basics
import FaultLab
import Foundation

/// One thing that goes wrong with a camera, and what an operator must see of it.
struct Fault: Sendable {
    /// What the counters of `monitorctl status` show while the fault lasts.
    enum Counters: Sendable {
        /// Nothing arrives, and the state says why.
        case silent(state: String)
        /// Frames go on arriving over the same connection.
        case steady
        /// The camera was lost and is back by itself: as many reconnections, or more.
        case reconnected(Int)
        /// Something of all this: frames arrive or the camera is dialled again.
        case alive
    }

    /// The camera's name too.
    let name: String
    /// What an operator reads in the log; a regular expression. Nil: nothing is logged.
    let log: String?
    let counters: Counters
    /// The kind of the camera event that opens; nil: none.
    let event: String?
    /// From the fault until the log line.
    var noticed: Duration = .seconds(20)
    /// From the end of the fault until frames arrive, while all the others dial too; nil where the fault does not end.
    var recovery: Duration? = .seconds(10)
    /// Whether the camera is healthy before.
    var isHealthyFirst = true
    /// How long the fault lasts at least.
    var lasts: Duration = .zero
    /// How long the camera is healthy before.
    var isHealthyFor: Duration = .zero
    /// Whether GStreamer's server is the camera.
    var needsServer = false
    /// More of its configuration.
    var settings = ", analysis_fps: 0.5"
    /// What the camera is at the beginning.
    var feed: @Sendable (inout Feed) -> Void = { _ in }
    /// Its address, given the one of the proxy before it.
    var address: @Sendable (String) -> String = { $0 }
    /// What the configuration says is the password of the address's user.
    var password: String?
    /// Begins the fault; called before the daemon starts where the camera is not healthy first.
    let strike: @Sendable (Victim) async throws -> Void
    /// Ends it.
    var heal: @Sendable (Victim) async throws -> Void = { $0.proxy.heal() }
}

/// A camera of the laboratory, the proxy before it, and what stands behind it.
struct Victim: Sendable {
    let name: String
    let camera: LabCamera
    let proxy: FaultProxy
    /// GStreamer's server, for rows that need it.
    let server: Locked<CameraServer?>
    /// The process that watches; nil before it was started.
    let daemon: Locked<Int32?>

    /// Changes what the camera does.
    func change(_ body: (inout Feed) -> Void) { camera.change(name, body) }

    /// The camera ends every connection, as it does when it restarts.
    func restart(_ body: (inout Feed) -> Void) {
        camera.change(name, body)
        proxy.cut(.fin)
    }

    /// Sends a signal to the process that decodes this camera's stream.
    func signalDecoder(_ number: Int32) throws {
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let id = Int32(process),
                let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
                status.contains("\nPPid:\t\(daemon.withLock { $0 } ?? 0)\n"),
                let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
                command.split(separator: 0).last.map({ String(decoding: $0, as: UTF8.self) }) == name
            else { continue }
            kill(id, number)
            return
        }
        throw NoDecoder(camera: name)
    }

    struct NoDecoder: Error {
        let camera: String
    }
}
