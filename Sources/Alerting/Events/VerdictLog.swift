public import Analysis
internal import Basics
internal import FoundationEssentials
internal import Glibc
internal import Imaging

/// A recording of verdicts, one line of JSON each, for replay through `EventMachine` and for evaluation.
///
/// Everything but the score map is kept exactly: times in nanoseconds, scores in the shortest form that reads back to
/// the same number. Boxes come first in each array: `[x1, y1, x2, y2, objectness, anomaly, surprise]` for an object,
/// `[x1, y1, x2, y2, cells, score, surprise]` for a region. Where a detector gives masks, `masks` holds one silhouette for
/// each object (or null): a rectangle and its run lengths.
public enum VerdictLog {
    struct Line: Codable {
        var version = 1
        let camera: String
        let sequence: UInt64
        let presentationNs: Int64
        let arrivalNs: Int64
        let wallMs: Int64
        let size: [Int]
        let regime: Regime
        /// The regime before, while the light switches.
        let from: Regime?
        /// False when nothing was scored; then written.
        let judged: Bool?
        /// What is wrong with the picture as a whole; only written where something is.
        let conditions: [PictureCondition]?
        /// True when the known view is hidden; then written.
        let hidden: Bool?
        /// The highest surprise of the object list, the region list and the score map.
        let peaks: [Float]
        let objects: [[Float]]
        let regions: [[Float]]
        let masks: [Silhouette?]?
        /// Preprocessing, backbone, objects, pixels.
        let stagesNs: [Int64]

        enum CodingKeys: String, CodingKey {
            case version = "v"
            case camera
            case sequence = "seq"
            case presentationNs = "pts_ns"
            case arrivalNs = "arrival_ns"
            case wallMs = "wall_ms"
            case size, regime, from, judged, conditions, hidden, peaks, objects, regions, masks
            case stagesNs = "stages_ns"
        }

        /// Sizes, places and times that sums and pictures can be made of.
        var isSensible: Bool {
            let decade: Int64 = 10 * 366 * 86_400
            return size.count == 2 && size.allSatisfy { 1...65_536 ~= $0 }
                && (-decade...decade ~= presentationNs / 1_000_000_000) && arrivalNs >= 0
                && arrivalNs / 1_000_000_000 <= decade
                && 0...10_000_000_000_000 ~= wallMs && stagesNs.allSatisfy { 0...decade ~= $0 / 1_000_000_000 }
                && (objects + regions).allSatisfy { $0.count == 7 && $0[..<4].allSatisfy { abs($0) < 1e6 } }
        }

        /// One mask for each object, inside the frame.
        var hasFittingMasks: Bool {
            guard let masks else { return true }
            return masks.count == objects.count
                && masks.allSatisfy { mask in
                    mask.map { $0.x >= 0 && $0.y >= 0 && $0.width <= size[0] - $0.x && $0.height <= size[1] - $0.y }
                        ?? true
                }
        }
    }

    /// One line without the line feed. Non-finite scores, which no detector gives, are written as the nearest number.
    package static func encode(_ verdict: Verdict) throws(StoreError) -> String {
        let timings = verdict.timings
        let line = Line(
            camera: verdict.camera, sequence: verdict.sequence, presentationNs: verdict.presentationTime.nanoseconds,
            arrivalNs: verdict.arrival.nanoseconds, wallMs: verdict.wallTimeMs,
            size: [verdict.width, verdict.height], regime: verdict.regime, from: previous(verdict.light),
            judged: verdict.isJudged ? nil : false,
            conditions: verdict.conditions.isEmpty
                ? nil : verdict.conditions.sorted { $0.rawValue < $1.rawValue },
            hidden: verdict.isViewHidden ? true : nil,
            peaks: [verdict.objectSurprise, verdict.pixelSurprise, verdict.map.peak].map(finite),
            objects: verdict.objects.map {
                [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2, $0.objectness, $0.anomaly, $0.surprise].map(finite)
            },
            regions: verdict.regions.map {
                [$0.box.x1, $0.box.y1, $0.box.x2, $0.box.y2, Float($0.cells), $0.score, $0.surprise].map(finite)
            },
            masks: verdict.objects.contains { $0.silhouette != nil } ? verdict.objects.map(\.silhouette) : nil,
            stagesNs: [timings.preprocess, timings.backbone, timings.objects, timings.pixels].map(\.nanoseconds))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(line), as: UTF8.self)
        } catch {
            throw StoreError(.malformed, "a verdict of \(verdict.camera) cannot be written as JSON", cause: error)
        }
    }

    /// Reads one line back; the map is reduced to its peak, one cell.
    package static func decode(_ text: some StringProtocol, at place: String) throws(StoreError) -> Verdict {
        let line: Line
        do {
            line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
        } catch {
            throw StoreError(.malformed, "\(place): not a verdict", cause: error)
        }
        guard line.version == 1, line.stagesNs.count == 4, line.peaks.count == 3, line.isSensible,
            line.hasFittingMasks
        else { throw StoreError(.malformed, "\(place): not a verdict of version 1") }
        var timings = StageTimings()
        timings.preprocess = .nanoseconds(line.stagesNs[0])
        timings.backbone = .nanoseconds(line.stagesNs[1])
        timings.objects = .nanoseconds(line.stagesNs[2])
        timings.pixels = .nanoseconds(line.stagesNs[3])
        return Verdict(
            camera: line.camera, sequence: line.sequence, presentationTime: .nanoseconds(line.presentationNs),
            arrival: MonotonicTime(nanoseconds: line.arrivalNs), wallTimeMs: line.wallMs, width: line.size[0],
            height: line.size[1],
            light: line.from.map { .switching(from: $0, to: line.regime) } ?? .steady(line.regime),
            isJudged: line.judged ?? true, conditions: Set(line.conditions ?? []),
            isViewHidden: line.hidden ?? false,
            objects: line.objects.enumerated().map { index, values in
                ScoredObject(
                    box: box(values), objectness: values[4], anomaly: values[5], surprise: values[6],
                    silhouette: line.masks?[index])
            },
            regions: line.regions.map {
                AnomalousRegion(box: box($0), cells: Int(max(0, min($0[4], 1e9))), score: $0[5], surprise: $0[6])
            },
            map: ScoreMap(width: 1, height: 1, surprise: [line.peaks[2]]), timings: timings)
    }

    /// Every verdict of a log. A last line without its line feed, cut off by a crash, is left out.
    public static func read(_ path: String) throws(StoreError) -> [Verdict] {
        var reader = try VerdictLogReader(path: path)
        var verdicts: [Verdict] = []
        while let verdict = try reader.next() { verdicts.append(verdict) }
        return verdicts
    }

    private static func box(_ values: [Float]) -> Box {
        Box(x1: values[0], y1: values[1], x2: values[2], y2: values[3])
    }

    private static func previous(_ light: Light) -> Regime? {
        if case .switching(from: let regime, to: _) = light { regime } else { nil }
    }

    private static func finite(_ value: Float) -> Float {
        value.isNaN ? 0 : min(max(value, -Float.greatestFiniteMagnitude), Float.greatestFiniteMagnitude)
    }
}

/// Appends verdicts to a log; one `write` per line. One thread at a time: the camera's own queue.
public struct VerdictLogWriter: ~Copyable, Sendable {
    private let path: String
    private let descriptor: Int32

    /// Opens or creates the file; earlier lines stay.
    public init(path: String) throws(StoreError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw StoreError(
                errno == ENOENT ? .missing : .denied,
                "cannot write the verdict log \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    public func append(_ verdict: Verdict) throws(StoreError) {
        var line = try VerdictLog.encode(verdict)
        line.append("\n")
        let written = line.withUTF8 { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.utf8.count else {
            let reason = written < 0 ? String(cString: strerror(errno)) : "no space left"
            throw StoreError(.full, "cannot write the verdict log \(path): \(reason)")
        }
    }
}
