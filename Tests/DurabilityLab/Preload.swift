internal import Foundation
internal import TestSupport

/// A small library in C that is loaded into the daemon before all others, and takes the place of calls of the C library.
package final class Preload: Sendable {
    package let path: String
    private let folder = TemporaryFolder()

    private struct NoCompiler: Error, CustomStringConvertible {
        let description = "no C compiler in PATH"
    }

    /// Compiles a source file of this folder with the toolchain's compiler, or with the system's.
    package init(_ source: String) throws {
        path = folder.file("preload.so")
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let compilers = ["clang", "cc", "gcc"].flatMap { name in paths.map { "\($0)/\(name)" } }
        guard let compiler = compilers.first(where: FileManager.default.isExecutableFile) else {
            throw NoCompiler()
        }
        let file = SharedData.packageRoot + "/Tests/DurabilityLab/" + source
        try Tool.run(compiler, ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", file, "-o", path, "-ldl"])
    }
}
