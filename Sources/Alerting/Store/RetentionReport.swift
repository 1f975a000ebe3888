internal import GRDB

/// What retention removed, or would remove.
public struct RetentionReport: Sendable, Hashable {
    /// Of one camera, one kind and one sort of thing.
    public struct Share: Sendable, Hashable {
        public let camera: String
        /// As it is printed.
        public let kind: String
        /// Whether only the pictures go, and the events stay.
        public let isPicturesOnly: Bool
        public var count = 0
        /// About, and rather more than less.
        public var bytes: Int64 = 0
        /// Start of the oldest and of the newest event, Unix milliseconds UTC.
        public var oldestMs: Int64
        public var newestMs: Int64
    }

    /// By camera, then kind.
    public var shares: [Share] {
        byKey.values.sorted {
            ($0.camera, $0.kind, $0.isPicturesOnly ? 1 : 0) < ($1.camera, $1.kind, $1.isPicturesOnly ? 1 : 0)
        }
    }

    public var isEmpty: Bool { byKey.isEmpty }
    public var count: Int { byKey.values.reduce(0) { $0 + $1.count } }
    public var bytes: Int64 { byKey.values.reduce(0) { $0 + $1.bytes } }

    private var byKey: [[String]: Share] = [:]

    public init() {}

    mutating func add(_ item: RetentionRun.Item) {
        let key = [item.camera, item.kind, item.part.rawValue]
        var share =
            byKey[key]
            ?? Share(
                camera: item.camera, kind: item.kind, isPicturesOnly: item.part == .pictures, oldestMs: item.startMs,
                newestMs: item.startMs)
        share.count += 1
        share.bytes += item.bytes
        share.oldestMs = min(share.oldestMs, item.startMs)
        share.newestMs = max(share.newestMs, item.startMs)
        byKey[key] = share
    }
}

extension EventReader {
    /// What retention would remove now, without touching anything. Reads in short steps.
    public func retention(_ rules: RetentionRules, nowMs: Int64) throws(StoreError) -> RetentionReport {
        let excess = try read { [path] in try rules.excess($0, path: path) }
        var run = RetentionRun(rules, nowMs: nowMs, excess: excess)
        var report = RetentionReport()
        while !run.isOver {
            let (items, next) = try read { [run] db in
                var run = run
                return (try run.next(1000, db), run)
            }
            run = next
            for item in items { report.add(item) }
        }
        return report
    }
}
