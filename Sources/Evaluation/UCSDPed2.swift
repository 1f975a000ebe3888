internal import FoundationEssentials

/// The UCSD Ped2 data set (Mahadevan et al., CVPR 2010): a walkway at 10 frames per second; anomalies are what does not
/// walk.
///
/// Expected folders: `train/CC/NNN.jpg`, `test/CC/NNN.jpg` and `test_masks/CC/NNN.png`. Frame names count from 000 and
/// mask names from 001, so frame *n* has mask *n* + 1.
public struct UCSDPed2: Sendable {
    /// One recording.
    public struct Clip: Sendable, Hashable {
        public let name: String
        /// Paths in the order of time.
        public let frames: [String]
        /// One path per frame; empty for training clips, where everything is normal.
        public let masks: [String]

        /// The pixels that are anomalous in a frame; none in training clips.
        public func mask(_ frame: Int) throws(EvaluationError) -> PixelMask? {
            masks.isEmpty ? nil : try PixelMask(png: masks[frame])
        }

        /// For each frame whether it is anomalous: whether its mask has any set pixel.
        public func labels() throws(EvaluationError) -> [Bool] {
            guard !masks.isEmpty else { return frames.map { _ in false } }
            return try masks.map { path throws(EvaluationError) in !(try PixelMask(png: path).isEmpty) }
        }
    }

    public static let framesPerSecond = 10
    public let training: [Clip]
    public let test: [Clip]

    /// Lists the folders; files are opened only when asked for.
    ///
    /// - Throws: `EvaluationError` when a folder or a test frame's mask is missing.
    public init(_ folder: String) throws(EvaluationError) {
        training = try Self.names(folder + "/train").map { name throws(EvaluationError) in
            let path = "\(folder)/train/\(name)"
            return Clip(name: name, frames: try Self.names(path, ".jpg").map { "\(path)/\($0)" }, masks: [])
        }
        test = try Self.names(folder + "/test").map { name throws(EvaluationError) in
            let (frames, masks) = ("\(folder)/test/\(name)", "\(folder)/test_masks/\(name)")
            let present = Set(try Self.names(masks, ".png"))
            let pairs = try Self.names(frames, ".jpg").map { file throws(EvaluationError) in
                guard let number = Int(file.dropLast(4)) else {
                    throw EvaluationError(.malformed, "\(frames)/\(file): the name is not a number")
                }
                let digits = String(number + 1)
                let mask = String(repeating: "0", count: max(0, 3 - digits.count)) + digits + ".png"
                guard present.contains(mask) else {
                    throw EvaluationError(.missing, "\(frames)/\(file) has no mask \(masks)/\(mask)")
                }
                return (frame: "\(frames)/\(file)", mask: "\(masks)/\(mask)")
            }
            return Clip(name: name, frames: pairs.map(\.frame), masks: pairs.map(\.mask))
        }
    }

    /// The entries of a folder with this ending, in order.
    private static func names(_ folder: String, _ ending: String = "") throws(EvaluationError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw EvaluationError(.missing, "the folder \(folder) cannot be read", cause: error)
        }
    }
}
