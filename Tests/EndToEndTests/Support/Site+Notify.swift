import Alerting
import FaultLab
import Foundation
import TestSupport

extension Site {
    /// Adds targets of notifications to the configuration, each the inside of a YAML mapping.
    func notify(_ targets: [String]) throws {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        try folder.write(
            "monitord.yaml", text + "notify:\n" + targets.map { "  - {\(folder.expand($0))}\n" }.joined())
    }

    /// A program that appends what it gets to `@/hook.log`, a line each, and then ends as `ending` (Python) says.
    func hook(_ ending: String) throws -> String {
        try folder.write(
            "hook.py",
            """
            #!/usr/bin/python3
            import os, random, sys, time
            with open("\(folder.file("hook.log"))", "a") as log:
                log.write(sys.stdin.read() + "\\n")
            \(ending)
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file("hook.py"))
        return folder.file("hook.py")
    }

    /// The messages that the hook got, oldest first.
    var hooked: [String] {
        let text = (try? String(contentsOfFile: folder.file("hook.log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func outbox() throws -> [String: OutboxStatus] {
        Dictionary(uniqueKeysWithValues: try EventReader(path: database).outbox().map { ($0.name, $0) })
    }
}

/// A message as a receiver reads it.
struct ReceivedMessage: Decodable {
    let id: String
    let moment: String
    let camera: String
    let includes: [String]

    init(_ text: String) throws {
        self = try JSONDecoder().decode(ReceivedMessage.self, from: Data(text.utf8))
    }

    private enum CodingKeys: String, CodingKey { case id, moment, camera, includes }

    var event: String { String(id.prefix(36)) }
}
