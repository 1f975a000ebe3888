internal import Foundation
package import TestSupport

/// A web server of the tests; see `web_server.py`. Its key is `key`.
package final class WebServer {
    /// What it got.
    package struct Request: Decodable {
        package let method: String
        package let path: String
        package let port: Int
        package let headers: [String: String]
        package let body: String
        package let step: [String]
        /// Whether the signature is right.
        package let signed: Bool
    }

    package static let key = "a k3y of the tests"

    package let folder = TemporaryFolder()
    package let port: Int
    private let process = Process()

    package init() throws {
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            SharedData.packageRoot + "/Tests/FaultLab/web_server.py", folder.path, Self.key,
        ]
        try Offspring.start(process)
        let end = ContinuousClock.now + .seconds(60)
        while !FileManager.default.fileExists(atPath: folder.file("port")), ContinuousClock.now < end { usleep(20_000) }
        port = Int(try String(contentsOfFile: folder.file("port"), encoding: .utf8)) ?? 0
    }

    deinit { process.terminate() }

    package var address: String { "http://127.0.0.1:\(port)" }

    /// What it answers next, one line for each request.
    package func script(_ lines: String...) throws { try folder.write("script", lines.joined(separator: "\n")) }

    package var requests: [Request] {
        let text = (try? String(contentsOfFile: folder.file("requests"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(Request.self, from: Data($0.utf8))
        }
    }
}
