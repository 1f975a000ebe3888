internal import Basics
internal import FoundationEssentials
package import ModelFiles
package import PixelAnomaly
package import Tensors

/// What a learning run gathers from a camera: bounded samples of patch and object features to learn from, and whole
/// held-out frames to calibrate on. Memory does not grow with the length of the clip.
package struct LearningMaterial {
    /// Bounds of the gathered material.
    package struct Limits: Sendable, Codable, Hashable {
        package var patchRows = 40_000
        package var objectRows = 12_000
        package var heldOutFrames = 160
        /// Rows of the held-out frames that calibration looks at.
        package var calibrationRows = 20_000
        /// Patch rows offered per frame: half at random cells, half at the cells that changed most.
        package var rowsPerFrame = 256
        /// Frames come in blocks of this many; the second of every `blocksPerCycle` is held out, so that held-out frames
        /// follow each other in time and are no neighbours of learned ones but for the blocks' edges.
        package var framesPerBlock = 40
        package var blocksPerCycle = 4

        package init() {}

        /// The block of the frame with this index.
        func block(_ index: Int) -> Int { index / framesPerBlock }

        /// Whether a block is kept aside.
        func isHeldOut(block: Int) -> Bool { block % blocksPerCycle == 1 }
    }

    package let limits: Limits
    package let gridWidth: Int
    package let gridHeight: Int
    package private(set) var patches: Reservoir
    package private(set) var objects: Reservoir
    package private(set) var heldOut: HeldOutFrames
    private var memory: CellMemory
    private var random: SeededGenerator
    package private(set) var framesSeen = 0
    package private(set) var framesLearned = 0
    /// When the first and the last frame were seen, Unix milliseconds UTC; nil before the first.
    package private(set) var seen: ClosedRange<Int64>?
    private var novelty: [Float]
    private var order: [Int] = []

    package init(
        gridWidth: Int, gridHeight: Int, patchWidth: Int, objectWidth: Int, limits: Limits, seed: UInt64
    ) {
        self.limits = limits
        self.gridWidth = gridWidth
        self.gridHeight = gridHeight
        let cells = gridWidth * gridHeight
        patches = Reservoir(width: patchWidth, capacity: limits.patchRows)
        objects = Reservoir(width: objectWidth, capacity: limits.objectRows)
        heldOut = HeldOutFrames(capacity: limits.heldOutFrames)
        memory = CellMemory(cells: cells, width: patchWidth)
        random = SeededGenerator(seed: seed)
        novelty = [Float](repeating: 0, count: cells)
    }

    /// Whether a frame's patches have the grid of those before.
    package func fits(_ frame: Tensor) -> Bool { frame.shape == [gridHeight, gridWidth, patches.width] }

    /// Takes one frame's features: `patches` `[h, w, D]`, `objects` `[n, V]`; `time` is its presentation time.
    /// - Parameter choice: which objects count, told from how new every cell is (row-major); nil takes all.
    package mutating func add(
        patches frame: Tensor, objects rows: Tensor, time: Duration, wallTimeMs: Int64 = 0,
        choice: ((_ novelty: [Float]) -> [Int])? = nil
    ) {
        let block = limits.block(framesSeen)
        let index = Int64(framesSeen)
        framesSeen += 1
        seen = min(seen?.lowerBound ?? wallTimeMs, wallTimeMs)...max(seen?.upperBound ?? wallTimeMs, wallTimeMs)
        memory.update(frame, novelty: &novelty)
        let chosen = choice?(novelty) ?? Array(0..<rows.shape[0])
        if limits.isHeldOut(block: block) {
            let kept = Tensor([chosen.count, rows.shape[1]])
            for (place, row) in chosen.enumerated() {
                kept.row(place).update(from: rows.row(row), count: rows.shape[1])
            }
            heldOut.offer(patches: frame, objects: kept, block: block, time: time)
            return
        }
        framesLearned += 1
        let width = patches.width
        for cell in chosenCells() {
            patches.offer(frame.pointer + cell * width, frame: index, cell: Int64(cell), using: &random)
        }
        for row in chosen { objects.offer(rows.row(row), frame: index, cell: 0, using: &random) }
    }

    /// What every cell usually looks like.
    package var background: Background { memory.background(rows: gridHeight, columns: gridWidth) }

    /// Described patches to learn from and, numbered behind them, patches to calibrate on: an even random choice of the
    /// cells of all held-out frames, as they occur. Also the share of the latter.
    package func patchSet(_ background: Background) -> (patches: PatchSet, heldOutShare: Double) {
        var random = SeededGenerator(seed: UInt64(framesSeen))
        let perFrame = min(memory.cells, max(1, limits.calibrationRows / max(1, heldOut.entries.count)))
        let width = patches.width
        let learned = patches.count
        let rows = Tensor([learned + perFrame * heldOut.entries.count, Background.describedWidth(width)])
        let raw = patches.tensor()
        for row in 0..<learned {
            background.describe(raw.row(row), cell: Int(patches.cells[row]), into: rows.row(row))
        }
        var frames = patches.frames.map(Int32.init(truncatingIfNeeded:))
        var cells = patches.cells.map(Int32.init(truncatingIfNeeded:))
        for (place, entry) in heldOut.entries.enumerated() {
            let patches = entry.patches
            for _ in 0..<perFrame {
                let cell = random.index(below: memory.cells)
                background.describe(
                    patches.pointer + cell * width, cell: cell, into: rows.row(frames.count))
                frames.append(Int32(truncatingIfNeeded: framesSeen + place))
                cells.append(Int32(cell))
            }
        }
        return (
            PatchSet(features: rows, frames: frames, cells: cells, gridWidth: gridWidth, gridHeight: gridHeight),
            Double(rows.shape[0] - learned) / Double(rows.shape[0])
        )
    }

    /// Half the cells at random, half those with the highest novelty.
    private mutating func chosenCells() -> [Int] {
        let count = min(limits.rowsPerFrame, memory.cells)
        let newest = count / 2
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: novelty.indices)
        order.sort { novelty[$0] > novelty[$1] }
        var chosen = Array(order.prefix(newest))
        for _ in newest..<count { chosen.append(random.index(below: memory.cells)) }
        return chosen
    }

    // MARK: Checkpoints

    private struct State: Codable {
        var limits: Limits
        var gridWidth: Int
        var gridHeight: Int
        var framesSeen: Int
        var framesLearned: Int
        var seen: ClosedRange<Int64>?
        var heldOut: HeldOutFrames.State
        var random: SeededGenerator
    }

    private static let stateName = "gathered.json"
    /// The rows of a state have a file of their own, so that those of the state before it stay until it is written.
    private static func rowsName(_ framesSeen: Int) -> String { "gathered-\(framesSeen).safetensors" }

    /// Writes everything needed to go on after a restart. Files that the new state needs come before it, files that only
    /// the old state needed go after it: a crash at any moment leaves the one or the other.
    package func checkpoint(folder: String) throws(ModelFileError) {
        try heldOut.writeMissing(folder: folder)
        var writer = SafetensorsWriter()
        patches.write(to: &writer, "patches")
        objects.write(to: &writer, "objects")
        memory.write(to: &writer)
        writer.metadata["frames_seen"] = String(framesSeen)
        let rows = Self.rowsName(framesSeen)
        try writer.write(to: "\(folder)/\(rows)")
        let state = State(
            limits: limits, gridWidth: gridWidth, gridHeight: gridHeight, framesSeen: framesSeen,
            framesLearned: framesLearned, seen: seen,
            heldOut: heldOut.state, random: random)
        guard let json = try? JSONEncoder().encode(state) else { return }
        try AtomicFile.write(json, to: "\(folder)/\(Self.stateName)")
        heldOut.removeOthers(folder: folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix("gathered-") && name != rows {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// Reads a checkpoint; nil when there is none, or when its two files do not belong together.
    package static func resume(
        folder: String, patchWidth: Int, objectWidth: Int
    ) throws(ModelFileError) -> LearningMaterial? {
        guard let json = FileManager.default.contents(atPath: "\(folder)/\(stateName)"),
            let state = try? JSONDecoder().decode(State.self, from: json)
        else { return nil }
        let path = "\(folder)/\(rowsName(state.framesSeen))"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try SafetensorsFile(path: path)
        guard file.metadata["frames_seen"] == String(state.framesSeen) else { return nil }
        var material = LearningMaterial(
            gridWidth: state.gridWidth, gridHeight: state.gridHeight, patchWidth: patchWidth, objectWidth: objectWidth,
            limits: state.limits, seed: 0)
        material.patches = try Reservoir(file, "patches", width: patchWidth, capacity: state.limits.patchRows)
        material.objects = try Reservoir(file, "objects", width: objectWidth, capacity: state.limits.objectRows)
        material.memory = try CellMemory(file, cells: state.gridWidth * state.gridHeight, width: patchWidth)
        material.heldOut = try HeldOutFrames(
            capacity: state.limits.heldOutFrames, folder: folder, state: state.heldOut)
        material.heldOut.removeOthers(folder: folder)
        material.framesSeen = state.framesSeen
        material.framesLearned = state.framesLearned
        material.seen = state.seen
        material.random = state.random
        return material
    }
}
