internal import FoundationEssentials
internal import ModelFiles
internal import Tensors

/// Whole frames' features kept aside for calibration: evenly spread over the held-out time, bounded in number.
///
/// When full, every second kept frame is dropped and from then on only every second is taken.
struct HeldOutFrames {
    struct Entry {
        /// Index of the frame among all held-out ones offered.
        let index: Int
        /// `[grid height, grid width, D]`
        let patches: Tensor
        /// RoI features of the confident detections, `[n, V]`; n may be 0.
        let objects: Tensor
    }

    let capacity: Int
    private(set) var offered = 0
    private(set) var stride = 1
    private(set) var entries: [Entry] = []

    init(capacity: Int) { self.capacity = max(2, capacity) }

    mutating func offer(patches: Tensor, objects: Tensor) {
        defer { offered += 1 }
        guard offered % stride == 0 else { return }
        if entries.count == capacity {
            stride *= 2
            entries.removeAll { $0.index % stride != 0 }
            guard offered % stride == 0 else { return }
        }
        entries.append(
            Entry(index: offered, patches: Tensor(patches.shape, patches.elements), objects: Tensor(objects.shape, objects.elements)))
    }

    /// Writes the frames that are not yet on disk; cheap when called often.
    func writeMissing(folder: String) throws(ModelFileError) {
        let present = Self.files(folder)
        for entry in entries where !present.contains(Self.name(entry.index)) {
            var writer = SafetensorsWriter()
            writer.add("patches", entry.patches, precision: .half)
            writer.add("objects", entry.objects)
            try writer.write(to: "\(folder)/\(Self.name(entry.index))")
        }
    }

    /// Removes files of frames that are not kept (any more).
    func removeOthers(folder: String) {
        let wanted = Set(entries.map { Self.name($0.index) })
        for name in Self.files(folder) where !wanted.contains(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static func files(_ folder: String) -> Set<String> {
        Set(((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) })
    }

    /// Reads back what `writeMissing` wrote, for the given indices.
    init(capacity: Int, folder: String, indices: [Int], offered: Int, stride: Int) throws(ModelFileError) {
        self.init(capacity: capacity)
        self.offered = offered
        self.stride = max(1, stride)
        for index in indices {
            let file = try SafetensorsFile(path: "\(folder)/\(Self.name(index))")
            entries.append(
                Entry(index: index, patches: try file.tensor("patches"), objects: try file.tensor("objects")))
        }
    }

    private static let prefix = "heldout-"

    private static func name(_ index: Int) -> String { "\(prefix)\(index).safetensors" }
}
