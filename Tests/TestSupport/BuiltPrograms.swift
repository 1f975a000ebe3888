internal import FoundationEssentials

/// The programs that were built with the tests.
public enum BuiltPrograms {
    /// The folder with the binaries: `MONITOR_BIN`, or where the test bundle itself lies.
    public static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["MONITOR_BIN"], !path.isEmpty { return path }
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            return URL(filePath: argument).deletingLastPathComponent().path
        }
        return SharedData.packageRoot + "/.build/release"
    }()

    /// Where the program of that name lies.
    public static func path(_ name: String) -> String { folder + "/" + name }
}
