import Analysis
import Basics
import PixelAnomaly
import Tensors
import Testing

@Suite struct RecurrenceMaterialTests {
    private static let grid = (rows: 6, columns: 8)
    private static let width = 4
    private static let frames = 600
    private static let unusual = 310..<340

    /// A made-up clip at ten frames a second: four kinds of surface, and in some frames an unknown thing over six cells.
    private static func material() -> LearningMaterial {
        var limits = LearningMaterial.Limits()
        limits.patchRows = 8000
        limits.heldOutFrames = 80
        limits.calibrationRows = 2400
        limits.rowsPerFrame = 24
        limits.framesPerBlock = 10
        var material = LearningMaterial(
            gridWidth: grid.columns, gridHeight: grid.rows, patchWidth: width, objectWidth: 2, limits: limits, seed: 3)
        var random = SeededGenerator(seed: 8)
        for index in 0..<frames {
            let patches = Tensor([grid.rows, grid.columns, width])
            for cell in 0..<grid.rows * grid.columns {
                let isUnknown = unusual.contains(index) && (18..<24).contains(cell)
                for column in 0..<width {
                    let noise = Float(random.uniform() + random.uniform() - 1)
                    patches[cell * width + column] = noise + (isUnknown ? -9 : column == cell % 4 ? 4 : 0)
                }
            }
            material.add(patches: patches, objects: Tensor([0, 2]), time: .milliseconds(100 * index))
        }
        return material
    }

    @Test func `every patch is known to the frame it was seen in`() {
        let material = Self.material()
        let patches = material.patchSet(material.background).patches
        for (frame, time) in zip(patches.frames, material.times(of: patches)) {
            guard frame >= material.framesSeen else {
                #expect(time == frame)
                continue
            }
            let entry = material.heldOut.entries[Int(frame) - material.framesSeen]
            #expect(Int64(time) == entry.time.milliseconds / 100)
        }
    }

    @Test func `an unusual time is left out of what is learned and of what is calibrated on`() {
        let material = Self.material()
        let found = material.recurringPatches(material.background)
        #expect(found.unusualTimes.count == 1)
        #expect(found.unusualTimes.first?.contains(Int32(Self.unusual.lowerBound)) == true)
        #expect(found.unusualTimes.first?.contains(Int32(Self.unusual.upperBound - 1)) == true)
        let times = material.times(of: found.patches)
        #expect(times.allSatisfy { time in !found.unusualTimes.contains { $0.contains(time) } })
        let heldOut = found.patches.frames.count { $0 >= material.framesSeen }
        #expect(abs(found.heldOutShare * Double(found.patches.count) - Double(heldOut)) < 0.5)
        let usual = Set(found.usualHeldOut)
        for (place, entry) in material.heldOut.entries.enumerated() {
            let frame = Int32(entry.time.milliseconds / 100)
            #expect(usual.contains(place) == !found.unusualTimes.contains { $0.contains(frame) })
        }
        #expect(usual.count < material.heldOut.entries.count)
        let whole = material.patchSet(material.background).patches
        #expect(found.patches.count + found.leftOut.count == whole.count)
    }
}
