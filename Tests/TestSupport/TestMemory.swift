import FoundationEssentials

/// Memory of this process.
public enum TestMemory {
    /// In use now, in bytes.
    public static var now: Int { line("VmRSS:") }

    /// The most that was in use at a time, in bytes.
    public static var peak: Int { line("VmHWM:") }

    private static func line(_ key: String) -> Int {
        guard let text = try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) })
        else { return 0 }
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}
