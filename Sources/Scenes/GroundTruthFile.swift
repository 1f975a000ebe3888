internal import FoundationEssentials
public import Imaging

/// The annotation of a rendered video, kept beside it as JSON.
public struct GroundTruthFile: Sendable, Codable, Hashable {
    /// What one frame shows.
    public struct Entry: Sendable, Codable, Hashable {
        public var frame: Int
        public var objects: [TruthObject]
    }

    /// When an anomaly of the script is visible, and where.
    public struct Interval: Sendable, Codable, Hashable {
        public var kind: ThingKind
        public var firstFrame: Int
        /// Inclusive.
        public var lastFrame: Int
        /// The union of its boxes.
        public var box: Box
    }

    public var scene: SceneDescription
    public var frames: [Entry]
    public var anomalies: [Interval]

    /// An empty annotation; fill it with `append` frame by frame.
    public init(scene: SceneDescription) {
        self.scene = scene
        frames = []
        anomalies = []
        intervalOfAnomaly = [:]
    }

    /// Position in `anomalies` by index in the script.
    private var intervalOfAnomaly: [Int: Int]

    private enum CodingKeys: String, CodingKey { case scene, frames, anomalies }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        scene = try container.decode(SceneDescription.self, forKey: .scene)
        frames = try container.decode([Entry].self, forKey: .frames)
        anomalies = try container.decode([Interval].self, forKey: .anomalies)
        intervalOfAnomaly = [:]
    }

    /// Adds the next frame, numbered `frame` in the video.
    public mutating func append(_ truth: GroundTruth, as frame: Int) {
        frames.append(Entry(frame: frame, objects: truth.objects))
        for object in truth.objects where object.isAnomaly {
            guard let anomaly = object.anomaly else { continue }
            if let index = intervalOfAnomaly[anomaly] {
                anomalies[index].lastFrame = frame
                anomalies[index].box = anomalies[index].box.union(with: object.box)
            } else {
                intervalOfAnomaly[anomaly] = anomalies.count
                anomalies.append(Interval(kind: object.kind, firstFrame: frame, lastFrame: frame, box: object.box))
            }
        }
    }

    /// Reads an annotation; throws `ScenesError` when the file is missing or malformed.
    public init(path: String) throws(ScenesError) {
        do {
            self = try JSONDecoder().decode(GroundTruthFile.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ScenesError(.cannotRead, "\(path) is not a readable scene annotation", cause: error)
        }
    }

    /// Writes the annotation; throws `ScenesError`.
    public func write(to path: String) throws(ScenesError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw ScenesError(.cannotWrite, "the scene annotation could not be written to \(path)", cause: error)
        }
    }
}
