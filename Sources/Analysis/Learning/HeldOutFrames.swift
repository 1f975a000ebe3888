internal import Basics
internal import FoundationEssentials
package import ModelFiles
package import Tensors

/// Whole frames' features kept aside for calibration: blocks of frames that follow each other, evenly spread over the
/// held-out time, bounded in number.
///
/// When full, every second block is dropped and from then on only every second is taken.
package struct HeldOutFrames {
    package struct Entry {
        /// Index of the frame among all held-out ones offered.
        package let index: Int
        /// Presentation time.
        package let time: Duration
        /// Which held-out block it belongs to, counted from 0.
        package let block: Int
        private let shape: Shape
        /// Half precision is plenty for features, and these frames are most of what learning keeps in memory.
        private let values: [Float16]
        /// RoI features of the confident detections, `[n, V]`; n may be 0.
        package let objects: Tensor

        init(index: Int, time: Duration, block: Int, patches: Tensor, objects: Tensor) {
            self.index = index
            self.time = time
            self.block = block
            shape = patches.shape
            values = UnsafeBufferPointer(start: patches.pointer, count: patches.count).map(Float16.init)
            self.objects = objects
        }

        /// `[grid height, grid width, D]`, a copy.
        package var patches: Tensor { Tensor(shape, values.map(Float.init)) }
    }

    /// Everything but the features.
    package struct State: Codable {
        struct Kept: Codable {
            let index: Int
            let timeNs: Int64
            let block: Int
        }

        var offered = 0
        var stride = 1
        /// Number of the last block offered in the caller's count, and in ours.
        var lastBlock: Int?
        var blocks = 0
        var kept: [Kept] = []
    }

    package let capacity: Int
    package private(set) var entries: [Entry] = []
    private var progress = State()

    package init(capacity: Int) { self.capacity = max(2, capacity) }

    /// Offers the next held-out frame; `block` rises from block to block.
    package mutating func offer(patches: Tensor, objects: Tensor, block: Int, time: Duration) {
        if progress.lastBlock != block {
            progress.lastBlock = block
            progress.blocks += 1
        }
        defer { progress.offered += 1 }
        let place = progress.blocks - 1
        guard place % progress.stride == 0 else { return }
        if entries.count == capacity {
            // A single block that fills everything is not thinned; the rest of it is left out.
            guard entries.contains(where: { $0.block % (2 * progress.stride) != 0 }) else { return }
            progress.stride *= 2
            entries.removeAll { $0.block % progress.stride != 0 }
            guard place % progress.stride == 0 else { return }
        }
        entries.append(
            Entry(
                index: progress.offered, time: time, block: place, patches: patches,
                objects: Tensor(objects.shape, objects.elements)))
    }

    /// For a checkpoint.
    package var state: State {
        var state = progress
        state.kept = entries.map { State.Kept(index: $0.index, timeNs: $0.time.nanoseconds, block: $0.block) }
        return state
    }

    /// Writes the frames that are not yet on disk; cheap when called often.
    package func writeMissing(folder: String) throws(ModelFileError) {
        let present = Self.files(folder)
        for entry in entries where !present.contains(Self.name(entry.index)) {
            var writer = SafetensorsWriter()
            writer.add("patches", entry.patches)
            writer.add("objects", entry.objects)
            try writer.write(to: "\(folder)/\(Self.name(entry.index))")
        }
    }

    /// Removes files of frames that are not kept (any more).
    package func removeOthers(folder: String) {
        let wanted = Set(entries.map { Self.name($0.index) })
        for name in Self.files(folder) where !wanted.contains(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static func files(_ folder: String) -> Set<String> {
        Set(((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) })
    }

    /// Reads back what `writeMissing` wrote.
    package init(capacity: Int, folder: String, state: State) throws(ModelFileError) {
        self.init(capacity: capacity)
        progress = state
        progress.kept = []
        progress.stride = max(1, state.stride)
        for kept in state.kept {
            let file = try SafetensorsFile(path: "\(folder)/\(Self.name(kept.index))")
            entries.append(
                Entry(
                    index: kept.index, time: .nanoseconds(kept.timeNs), block: kept.block,
                    patches: try file.tensor("patches"), objects: try file.tensor("objects")))
        }
    }

    private static let prefix = "heldout-"

    private static func name(_ index: Int) -> String { "\(prefix)\(index).safetensors" }
}
