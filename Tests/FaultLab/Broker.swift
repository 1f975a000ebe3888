internal import Foundation
package import TestSupport

/// A real MQTT broker (mosquitto), and clients of it.
package final class Broker {
    private static let program = "/usr/sbin/mosquitto"
    private static let listener = "/usr/bin/mosquitto_sub"

    /// Whether the broker and its client are installed.
    package static var isInstalled: Bool {
        [program, listener].allSatisfy(FileManager.default.isExecutableFile(atPath:))
    }

    package let folder = TemporaryFolder()
    package let port: Int
    private var process: Process?

    /// - Parameter more: further lines of its configuration; `@/` stands for its folder.
    package init(_ more: String = "allow_anonymous true") throws {
        port = Port().number
        try folder.write(
            "mosquitto.conf",
            folder.expand("listener \(port) 127.0.0.1\nuser root\npersistence true\npersistence_location @/\n\(more)\n")
        )
    }

    deinit { stop() }

    /// Returns when it takes connections.
    package func start() throws {
        let process = Process()
        process.executableURL = URL(filePath: Self.program)
        process.arguments = ["-c", folder.file("mosquitto.conf")]
        process.standardError = FileHandle.nullDevice
        try Offspring.start(process)
        self.process = process
        let end = ContinuousClock.now + .seconds(60)
        while !isListening, ContinuousClock.now < end { usleep(20_000) }
    }

    private var isListening: Bool {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(connection) }
        return withLoopback(port: port) { connect(connection, $0, $1) } == 0
    }

    /// Orderly: what is retained is kept.
    package func stop() {
        process?.terminate()
        process?.waitUntilExit()
        process = nil
    }

    /// A client that listens to all topics, from now on; retained messages come first.
    package func listen(_ arguments: [String] = []) throws -> Listener {
        try Listener(Self.listener, ["-h", "127.0.0.1", "-p", String(port), "-t", "#", "-F", "%r %t %p"] + arguments)
    }

    /// Somebody who listens.
    package final class Listener {
        package struct Message: Hashable {
            package let isRetained: Bool
            package let topic: String
            package let payload: String
        }

        private let process = Process()
        private let folder = TemporaryFolder()

        fileprivate init(_ program: String, _ arguments: [String]) throws {
            try folder.write("out", "")
            // It would keep what it prints to a file until there is much of it.
            process.executableURL = URL(filePath: "/usr/bin/stdbuf")
            process.arguments = ["-oL", program] + arguments
            process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.file("out")))
            process.standardError = FileHandle.nullDevice
            try Offspring.start(process)
        }

        deinit { process.terminate() }

        package var messages: [Message] {
            let text = (try? String(contentsOfFile: folder.file("out"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { return nil }
                return Message(isRetained: parts[0] == "1", topic: String(parts[1]), payload: String(parts[2]))
            }
        }

        /// Waits until `condition` holds.
        package func wait(upTo limit: Duration = .seconds(60), for condition: ([Message]) -> Bool) -> Bool {
            let end = ContinuousClock.now + limit
            while !condition(messages) {
                guard ContinuousClock.now < end else { return false }
                usleep(20_000)
            }
            return true
        }
    }
}
