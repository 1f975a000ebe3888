import Foundation
import TestSupport

/// GStreamer's RTSP server as a camera on this machine.
final class CameraServer {
    private let process = Process()
    private let folder: TemporaryFolder

    static let isInstalled: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c", "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer",
        ]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// A TCP port on which nobody listens.
    static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }

    struct NotReady: Error {}

    /// Returns when the server accepts connections.
    init(port: Int, _ arguments: [String] = []) async throws {
        folder = TemporaryFolder()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [
                SharedData.packageRoot + "/Tests/EndToEndTests/Support/rtsp_server.py", "--port", "\(port)",
            ] + arguments
        try folder.write("out", "")
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.file("out")))
        process.standardError = FileHandle.nullDevice
        try process.run()
        let end = ContinuousClock.now + .seconds(30)
        while try String(contentsOfFile: folder.file("out"), encoding: .utf8).isEmpty {
            guard process.isRunning, ContinuousClock.now < end else { throw NotReady() }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    func kill() {
        guard process.isRunning else { return }
        _ = Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    deinit { kill() }
}
