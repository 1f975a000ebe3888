internal import Foundation
internal import TestSupport

/// A wall clock that can be set for a daemon alone; see `stepped_clock.c`.
package final class SteppedClock {
    private let folder = TemporaryFolder()
    private let preload: Preload
    private let file: FileHandle

    package init() throws {
        preload = try Preload("stepped_clock.c")
        try folder.write(Data(count: 8), "step")
        file = try FileHandle(forUpdating: URL(filePath: folder.file("step")))
    }

    /// For the daemon's start.
    package var environment: [String: String] {
        ["LD_PRELOAD": preload.path, "STEPPED_CLOCK": folder.file("step")]
    }

    /// How far the daemon's wall clock is ahead of the true one from now on.
    package func set(aheadMs: Int64) throws {
        try file.seek(toOffset: 0)
        try file.write(contentsOf: withUnsafeBytes(of: aheadMs) { Data($0) })
    }
}
