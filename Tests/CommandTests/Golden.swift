import Foundation
import TestSupport
import Testing

/// Files that hold what the programs are expected to say. `make golden` writes them anew; look at what changed before you
/// commit it.
enum Golden {
    private static let isWritten = !(ProcessInfo.processInfo.environment["MONITOR_WRITE_GOLDEN"] ?? "").isEmpty

    /// - Parameter path: below the package's folder.
    static func expect(_ text: String, is path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = "\(SharedData.packageRoot)/\(path)"
        if isWritten { return try Data(text.utf8).write(to: URL(filePath: file)) }
        let expected = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        guard text != expected else { return }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(lines, wanted).prefix { $0 == $1 }.count
        Issue.record(
            """
            \(path) is out of date from line \(place + 1) on; write it anew with: make golden
            it has:  \(place < wanted.count ? wanted[place] : "(its end)")
            now is:  \(place < lines.count ? lines[place] : "(its end)")
            """, sourceLocation: sourceLocation)
    }

    /// Nothing else may lie in a folder of golden files; what is left of former commands goes.
    static func expectNothing(
        but names: Set<String>, in folder: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = "\(SharedData.packageRoot)/\(folder)"
        let others = Set(try FileManager.default.contentsOfDirectory(atPath: path)).subtracting(names)
        guard isWritten else {
            #expect(others.isEmpty, "\(folder) has files that nothing writes", sourceLocation: sourceLocation)
            return
        }
        for name in others { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    }
}
