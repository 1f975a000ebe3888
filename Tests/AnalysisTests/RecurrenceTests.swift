import Analysis
import Basics
import PixelAnomaly
import Tensors
import Testing

@Suite struct RecurrenceTests {
    private static let dimension = 8
    private static let frames = 400
    private static let rowsPerFrame = 30

    /// Rows of a made-up window: six kinds of surface in every frame, one kind that is rare but comes again and again, and
    /// bursts of unknown things, each unlike the others, in a few frames that follow each other; by default few of a
    /// frame's rows show them, as of small things.
    private struct Window {
        let patches: PatchSet
        let isUnknown: [Bool]
        let isRare: [Bool]

        init(bursts: [Range<Int>] = [], unknownRows: Int = 2, seed: UInt64 = 3) {
            var generator = SeededGenerator(seed: seed)
            var values: [Float] = []
            var (frames, unknown, rare): ([Int32], [Bool], [Bool]) = ([], [], [])
            for frame in 0..<RecurrenceTests.frames {
                let burst = bursts.firstIndex { $0.contains(frame) }
                for row in 0..<RecurrenceTests.rowsPerFrame {
                    let isUnknown = burst != nil && row < unknownRows
                    let isRare = !isUnknown && row == 2 && frame % 20 < 6
                    for column in 0..<RecurrenceTests.dimension {
                        let noise = Float(generator.uniform() + generator.uniform() + generator.uniform() - 1.5)
                        var centre: Float = column == row % 6 ? 5 : 0
                        if isRare { centre = column == 6 ? -5 : column == 1 ? 5 : 0 }
                        if isUnknown, let burst { centre = column == (burst + 3) % 8 || column == 7 ? 7 : -2 }
                        values.append(centre + noise)
                    }
                    frames.append(Int32(frame))
                    unknown.append(isUnknown)
                    rare.append(isRare)
                }
            }
            patches = PatchSet(
                features: Tensor([frames.count, RecurrenceTests.dimension], values), frames: frames,
                cells: frames.map { _ in 0 }, gridWidth: 1, gridHeight: 1)
            (isUnknown, isRare) = (unknown, rare)
        }

        /// Share of the marked rows that are among the given ones.
        func share(_ marks: [Bool], among rows: [Int32]) -> Double {
            Double(rows.count { marks[Int($0)] }) / Double(max(1, marks.count { $0 }))
        }
    }

    private func guarded(_ window: Window, settings: Recurrence.Settings = .init()) -> Recurrence.Result {
        Recurrence(settings: settings, seed: 1)(
            window.patches, frames: window.patches.frames)
    }

    @Test func `a window without anything unknown loses almost nothing, and nothing that comes again`() {
        let window = Window()
        let result = guarded(window)
        #expect(Double(result.leftOut.count) < 0.003 * Double(window.patches.count) && result.unusualTimes.isEmpty)
        #expect(window.share(window.isRare, among: result.kept) > 0.98)
        #expect((result.kept + result.leftOut).sorted() == (0..<window.patches.count).map(Int32.init))
    }

    @Test(arguments: [0, 95, 190, 380])
    func `what fills a twentieth of the time is left out wherever it lies`(start: Int) {
        let window = Window(bursts: [start..<start + Self.frames / 20])
        let result = guarded(window)
        #expect(window.share(window.isUnknown, among: result.leftOut) > 0.95)
        let shownTimes = result.unusualTimes.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 }
        #expect(result.unusualTimes.count == 1 && shownTimes <= Self.frames / 20 + 8)
        let outside = result.leftOut.filter { row in
            !result.unusualTimes.contains { $0.contains(window.patches.frames[Int(row)]) }
        }
        #expect(Double(outside.count) < 0.003 * Double(window.patches.count))
        #expect(window.share(window.isRare, among: result.kept) > 0.9)
    }

    @Test func `several bursts of different things are left out`() {
        let window = Window(bursts: [30..<36, 150..<155, 260..<263, 340..<346])
        let result = guarded(window)
        #expect(window.share(window.isUnknown, among: result.leftOut) > 0.9)
        #expect(Double(result.leftOut.count) < 0.12 * Double(window.patches.count))
        #expect(window.share(window.isRare, among: result.kept) > 0.85)
    }

    @Test func `etalons of a guarded window are those of a clean one`() throws {
        let burst = 190..<190 + Self.frames / 20
        let clean = try etalons(Window().patches)
        // A large thing: of a small one, condensation keeps no etalon even without the guard.
        let poisoned = Window(bursts: [burst], unknownRows: 15)
        let guarded = try etalons(poisoned.patches.keeping(guarded(poisoned).kept))
        let unguarded = try etalons(poisoned.patches)
        let unknown = poisoned.patches.rows(
            poisoned.isUnknown.indices.filter { poisoned.isUnknown[$0] }.map(Int32.init)[...],
            columns: 0..<Self.dimension)
        let (expected, found) = (distance(unknown, to: clean), distance(unknown, to: guarded))
        #expect(abs(found / expected - 1) < 0.1)
        #expect(distance(unknown, to: unguarded) < 0.4 * expected)
        let usual = Window(seed: 9).patches.features
        #expect(abs(distance(usual, to: guarded) / distance(usual, to: clean) - 1) < 0.05)
    }

    private func etalons(_ patches: PatchSet) throws -> EtalonSet {
        var settings = CondensationSettings()
        settings.etalonsPerClass = 40
        settings.epochs = 20
        settings.batchRows = 500
        let labels = [Int32](repeating: 0, count: patches.count)
        let columns = 0..<Self.dimension
        let order = stride(from: 0, to: Int32(patches.count), by: 7).map { $0 }
        let state = Condensation(
            initial: patches.rows(order[...], columns: columns), labels: order.map { _ in 0 }, classCount: 1,
            settings: settings, seed: 2)
        state.train(patches, columns: columns, labels: labels, seed: 5) { _, _ in }
        return try state.finish(patches, columns: columns, labels: labels)[0]
    }

    /// Mean distance to the nearest etalon.
    private func distance(_ rows: Tensor, to etalons: EtalonSet) -> Float {
        let found = Tensor([1, rows.shape[0]])
        EtalonIndex([etalons]).nearest(
            rows, columns: 0..<Self.dimension, into: found, context: ComputeContext())
        return found.array.reduce(0, +) / Float(found.count)
    }

    @Test func `a scene that drifts as a whole is learned as a whole`() {
        let window = Window()
        // In the course of the window everything moves by ten times its own spread.
        for row in 0..<window.patches.count {
            let share = Float(window.patches.frames[row]) / Float(Self.frames)
            for column in 0..<Self.dimension { window.patches.features.row(row)[column] += 12 * share }
        }
        let result = guarded(window)
        #expect(result.leftOut.isEmpty && result.unusualTimes.isEmpty)
    }

    @Test func `too little material is left as it is`() {
        let window = Window(bursts: [100..<120])
        var settings = Recurrence.Settings()
        settings.leastFrames = Self.frames + 1
        let result = guarded(window, settings: settings)
        #expect(result.leftOut.isEmpty && result.kept.count == window.patches.count)
        let still = PatchSet(
            features: Tensor([50, 2], repeating: 1), frames: Array(repeating: 7, count: 50),
            cells: Array(repeating: 0, count: 50), gridWidth: 1, gridHeight: 1)
        #expect(Recurrence(seed: 1)(still, frames: still.frames).kept.count == 50)
    }

    @Test func `rows that are no numbers are left out and harm no others`() {
        let window = Window()
        for row in stride(from: 0, to: 900, by: 100) { window.patches.features.row(row)[3] = .nan }
        let result = guarded(window)
        #expect(stride(from: 0, to: 900, by: 100).allSatisfy { Set(result.leftOut).contains(Int32($0)) })
        #expect(Double(result.leftOut.count) < 0.004 * Double(window.patches.count))
    }
}
