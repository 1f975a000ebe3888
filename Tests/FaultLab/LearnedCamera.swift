internal import Foundation
internal import TestSupport

/// A camera that several suites watch: a small quiet clip of a scene, the profile `yard` learned from it, and a longer
/// clip of the same place. Made once per test run.
package struct LearnedCamera: Sendable {
    private static let folder = TemporaryFolder()
    private static let making = Task { try await LearnedCamera() }

    package static var shared: LearnedCamera { get async throws { try await making.value } }

    package let quiet: String
    package let watched: String
    package let profiles: String

    /// Options that make the profile.
    package static let learning = ["--camera", "yard", "--fps", "0", "--frames", "100", "--seed", "3"]

    struct Unmade: Error {
        let program: String
    }

    private init() async throws {
        let folder = Self.folder
        atexit { LearnedCamera.folder.remove() }
        quiet = folder.file("quiet.mp4")
        watched = folder.file("watched.mp4")
        profiles = folder.file("profiles")
        for (path, seconds, start) in [(quiet, "24", "0"), (watched, "90", "600")] {
            let clip = try await Program.monitorctl.run([
                "scene", "clip", path, "--seconds", seconds, "--start", start, "--fps", "5", "--width", "320",
                "--height", "180", "--seed", "5",
            ])
            guard clip.status == 0 else { throw Unmade(program: clip.errors) }
        }
        let site = try Site(cameras: [#"name: yard, source: "\#(watched)""#], profiles: profiles)
        let learned = try await site.run(.monitorctl, ["learn", "--source", quiet] + Self.learning)
        guard learned.status == 0 else { throw Unmade(program: learned.errors) }
    }

    /// The inside of a YAML mapping for a site's configuration.
    package func yaml(_ more: String = "") -> String { #"name: yard, source: "\#(watched)""# + more }
}
