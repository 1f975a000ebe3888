import FoundationEssentials
public import ModelFiles

/// Where tests find reference vectors and real recordings; users do not have them, so tests skip when they are absent.
public enum SharedData {
    /// `MONITOR_GOLDEN`, or `../shared/golden` beside the package.
    public static let golden = folder("MONITOR_GOLDEN", "golden")
    /// `MONITOR_DATA`, or `../shared/data` beside the package.
    public static let data = folder("MONITOR_DATA", "data")

    /// Whether a reference folder exists, for `.enabled(if:)`.
    public static func hasGolden(_ name: String) -> Bool { exists(golden + "/" + name) }

    /// Whether a recording or folder exists, for `.enabled(if:)`.
    public static func hasData(_ name: String) -> Bool { exists(data + "/" + name) }

    public static func golden(_ name: String, _ file: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: "\(golden)/\(name)/\(file)")
    }

    private static func folder(_ variable: String, _ name: String) -> String {
        if let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty { return path }
        return packageRoot + "/../shared/" + name
    }

    /// The folder of Package.swift, found from this file's own place.
    public static let packageRoot: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }()

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
