internal import Foundation
package import TestSupport

/// A view of the file system with mounts that nobody else sees; they go with this object.
package final class OwnMounts {
    /// Why this machine does not allow them.
    package struct Denied: Error, CustomStringConvertible {
        package let description: String
    }

    private let holder: Running
    private let isRoot = geteuid() == 0

    /// - Parameter script: shell commands that mount; `$folder` is `folder`.
    /// - Throws: `Denied` with the reason, where namespaces are not for this user.
    package init(_ folder: TemporaryFolder, _ script: String) async throws {
        let ready = folder.file("mounted")
        let shell = ["/bin/sh", "-c", "set -e; folder=\(folder.path); \(script); : > \(ready); exec sleep 100000"]
        holder = try Running(command: ["/usr/bin/unshare", isRoot ? "-m" : "-rm"] + shell)
        let isReady = try await holder.wait(upTo: .seconds(30)) { _ in FileManager.default.fileExists(atPath: ready) }
        guard isReady, holder.isRunning else { throw Denied(description: "no mounts of one's own: \(holder.errors)") }
    }

    /// Starts a program in this view; see `Running`.
    package var launcher: [String] {
        ["/usr/bin/nsenter", "-t", "\(holder.id)", "-m"] + (isRoot ? [] : ["-U", "--preserve-credentials"]) + ["--"]
    }

    /// Runs shell commands in this view; returns what they print.
    @discardableResult
    package func run(_ script: String) async throws -> String {
        let done = try await Running(command: launcher + ["/bin/sh", "-c", script]).finish(limit: .seconds(60))
        guard done.status == 0 else { throw ToolFailure(message: "\(script): \(done.errors)") }
        return done.output
    }
}
