internal import Foundation
internal import TestSupport

/// GStreamer's RTSP server as a camera on this machine, at `rtsp://127.0.0.1:port/cam`; see `rtsp_server.py`.
package final class CameraServer: Sendable {
    private let process = Process()
    package let port: Int

    package static let isInstalled: Bool = {
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

    package struct NotReady: Error {}

    /// Returns when the server accepts connections.
    ///
    /// - Parameter port: of a server that was killed; a free one unless given.
    package init(port: Int = 0, arguments: [String] = []) async throws {
        let folder = TemporaryFolder()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [SharedData.packageRoot + "/Tests/FaultLab/rtsp_server.py", "--port", "\(port)"] + arguments
        try folder.write("out", "")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.file("out")))
        process.standardError = FileHandle.nullDevice
        try Offspring.start(process)
        let end = ContinuousClock.now + .seconds(30)
        while true {
            let line = try String(contentsOfFile: folder.file("out"), encoding: .utf8)
            if line.hasSuffix("\n"), let number = Int(line.dropFirst("ready ".count).dropLast()) {
                self.port = number
                return
            }
            guard process.isRunning, ContinuousClock.now < end else { throw NotReady() }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    package func signal(_ number: Int32) { if process.isRunning { _ = Glibc.kill(process.processIdentifier, number) } }

    package func kill() {
        signal(SIGKILL)
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
}
