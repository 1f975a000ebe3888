import Analysis
import Basics
import FoundationEssentials
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct LearningMaterialTests {
    private static let grid = (rows: 4, columns: 6)
    private static let patchWidth = 3
    private static let objectWidth = 2

    private static var limits: LearningMaterial.Limits {
        var limits = LearningMaterial.Limits()
        limits.patchRows = 150
        limits.objectRows = 40
        limits.heldOutFrames = 15
        limits.rowsPerFrame = 8
        limits.framesPerBlock = 5
        return limits
    }

    private func empty(seed: UInt64 = 4) -> LearningMaterial {
        LearningMaterial(
            gridWidth: Self.grid.columns, gridHeight: Self.grid.rows, patchWidth: Self.patchWidth,
            objectWidth: Self.objectWidth, limits: Self.limits, seed: seed)
    }

    /// The frames of a made-up clip; the same index gives the same frame.
    private func add(_ range: Range<Int>, to material: inout LearningMaterial) {
        for index in range {
            var random = SeededGenerator(seed: UInt64(index) &* 77)
            let patches = Features.random([Self.grid.rows, Self.grid.columns, Self.patchWidth], using: &random)
            let objects = Features.random([random.index(below: 4), Self.objectWidth], using: &random)
            material.add(patches: patches, objects: objects, time: .milliseconds(100 * index))
        }
    }

    private func resumed(_ folder: TemporaryFolder) throws -> LearningMaterial? {
        try LearningMaterial.resume(
            folder: folder.path, patchWidth: Self.patchWidth, objectWidth: Self.objectWidth)
    }

    private func expectEqual(_ left: LearningMaterial, _ right: LearningMaterial) {
        #expect(left.framesSeen == right.framesSeen && left.framesLearned == right.framesLearned)
        #expect(left.limits == right.limits)
        for (one, other) in [(left.patches, right.patches), (left.objects, right.objects)] {
            #expect(one.tensor().array == other.tensor().array)
            #expect(one.frames == other.frames && one.cells == other.cells && one.offered == other.offered)
        }
        #expect(left.heldOut.entries.map(\.index) == right.heldOut.entries.map(\.index))
        #expect(left.heldOut.entries.map(\.block) == right.heldOut.entries.map(\.block))
        #expect(left.heldOut.entries.map(\.time) == right.heldOut.entries.map(\.time))
        #expect(left.heldOut.entries.map(\.patches.array) == right.heldOut.entries.map(\.patches.array))
        #expect(left.heldOut.entries.map(\.objects.array) == right.heldOut.entries.map(\.objects.array))
        #expect(left.background.mean.array == right.background.mean.array)
    }

    @Test(arguments: [[100], [1], [37, 90, 91, 150], [5, 10, 15, 20, 199]])
    func `a run that was stopped and resumed gathers what an uninterrupted one does`(stops: [Int]) throws {
        var whole = empty()
        add(0..<200, to: &whole)

        let folder = TemporaryFolder()
        var material = empty()
        var done = 0
        for stop in stops {
            add(done..<stop, to: &material)
            try material.checkpoint(folder: folder.path)
            // What came after the checkpoint is lost with the process.
            add(stop..<stop + 7, to: &material)
            material = try #require(try resumed(folder))
            done = stop
        }
        add(done..<200, to: &material)
        expectEqual(material, whole)
    }

    @Test func `an empty folder has nothing to resume`() throws {
        #expect(try resumed(TemporaryFolder()) == nil)
    }

    @Test func `a checkpoint that a crash tore in two is not resumed`() throws {
        let folder = TemporaryFolder()
        var material = empty()
        add(0..<50, to: &material)
        try material.checkpoint(folder: folder.path)
        let old = try Data(contentsOf: URL(filePath: folder.file("gathered.json")))
        add(50..<60, to: &material)
        try material.checkpoint(folder: folder.path)
        try old.write(to: URL(filePath: folder.file("gathered.json")))
        #expect(try resumed(folder) == nil)
    }

    @Test func `a checkpoint that a crash cut before its last file leaves the one before`() throws {
        let folder = TemporaryFolder()
        var material = empty()
        add(0..<50, to: &material)
        try material.checkpoint(folder: folder.path)
        let before = try folder.names().map { ($0, try Data(contentsOf: URL(filePath: folder.file($0)))) }
        add(50..<60, to: &material)
        try material.checkpoint(folder: folder.path)
        // What the second checkpoint writes first is there already, what it removes last is still there.
        for (name, contents) in before { try contents.write(to: URL(filePath: folder.file(name))) }
        #expect(try resumed(folder)?.framesSeen == 50)
    }

    @Test func `material of another network is refused`() throws {
        let folder = TemporaryFolder()
        var material = empty()
        add(0..<30, to: &material)
        try material.checkpoint(folder: folder.path)
        #expect(throws: ModelFileError.self) {
            _ = try LearningMaterial.resume(folder: folder.path, patchWidth: 5, objectWidth: Self.objectWidth)
        }
    }

    @Test func `held-out frames are never learned from`() {
        var material = empty()
        add(0..<400, to: &material)
        let limits = Self.limits
        let heldOut = { (frame: Int) in frame / limits.framesPerBlock % limits.blocksPerCycle == 1 }
        #expect(material.patches.frames.allSatisfy { !heldOut(Int($0)) })
        #expect(material.objects.frames.allSatisfy { !heldOut(Int($0)) })
        #expect(material.heldOut.entries.allSatisfy { heldOut(Int($0.time.milliseconds / 100)) })
        #expect(material.framesLearned == (0..<400).count { !heldOut($0) })
    }

    @Test func `a long clip takes no more than the limits`() {
        var material = empty()
        add(0..<1500, to: &material)
        #expect(material.patches.count == 150 && material.objects.count == 40)
        #expect(material.heldOut.entries.count <= 15)
        #expect(material.framesSeen == 1500)
    }

    @Test func `cells that change are offered more often than those that stand still`() {
        var material = empty()
        for index in 0..<100 {
            let patches = Tensor([Self.grid.rows, Self.grid.columns, Self.patchWidth], repeating: 1)
            // Something passes cell 13 every other frame.
            if index % 2 == 1 { patches[13 * Self.patchWidth] = 9 }
            material.add(patches: patches, objects: Tensor([0, Self.objectWidth]), time: .milliseconds(100 * index))
        }
        let moving = material.patches.cells.count { $0 == 13 }
        #expect(moving > 2 * material.patches.count / 24)
    }

    @Test func `frames of another grid do not fit`() {
        let material = empty()
        #expect(material.fits(Tensor([4, 6, 3])))
        #expect(!material.fits(Tensor([6, 4, 3])))
        #expect(!material.fits(Tensor([4, 6, 2])))
    }
}
