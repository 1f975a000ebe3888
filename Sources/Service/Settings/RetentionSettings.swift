public import Alerting

/// How long the history is kept; see `RetentionRules`.
public struct RetentionSettings: Sendable, Hashable {
    public var ages = RetentionRules.Ages()
    /// Of the database; nil: as large as the disk.
    public var maximumBytes: Int64? = 10 << 30
    public var minimumFreeBytes: Int64?

    public init() {}
}

extension Settings {
    public var retentionRules: RetentionRules {
        var rules = RetentionRules()
        rules.ages = retention.ages
        rules.maximumBytes = retention.maximumBytes
        rules.minimumFreeBytes = retention.minimumFreeBytes
        for camera in cameras where camera.retention != RetentionRules.Ages() {
            rules.cameras[camera.name] = camera.retention
        }
        return rules
    }
}

/// Reads how long what is kept.
enum RetentionReader {
    private static let days = 0.01...36_500.0

    static func settings(_ reader: MappingReader) -> RetentionSettings {
        var retention = RetentionSettings()
        retention.ages = ages(reader)
        func bytes(_ gigabytes: Double) -> Int64 { Int64(gigabytes * Double(1 << 30)) }
        // 0 stands for no limit, as there is one unless it is taken away.
        if let size = reader.number("max_gb", in: 0...1_000_000) {
            retention.maximumBytes = size > 0 ? bytes(size) : nil
        }
        retention.minimumFreeBytes = reader.number("min_free_gb", in: 0.001...1_000_000).map(bytes)
        reader.finish()
        return retention
    }

    static func ages(_ reader: MappingReader) -> RetentionRules.Ages {
        var ages = RetentionRules.Ages()
        ages.events = reader.number("max_age_days", in: days)
        ages.pictures = reader.number("snapshot_days", in: days)
        ages.confirmed = reader.number("confirmed_days", in: days)
        if let node = reader.node("kind_days"), let kinds = MappingReader(node, reader.path("kind_days"), reader.issues) {
            for kind in EventKind.allCases.map(\.rawValue) + CameraEventKind.allCases.map(\.rawValue) {
                ages.kinds[kind] = kinds.number(kind, in: days)
            }
            kinds.finish()
        }
        return ages
    }
}
