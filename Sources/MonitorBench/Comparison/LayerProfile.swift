import Basics
import CPeak
import ModelFiles
import Tensors

/// Where a compared network's time goes: its layers timed one by one in their order, beside the network as a whole.
struct LayerProfile {
    /// Passes over all layers; each layer's shortest time counts.
    private static let passes = 15

    private let steps: [LayerStep]
    private let threads: Int
    private let clocks: any Clocks
    private var shortest: [Double]
    private var whole = Double.infinity
    private var peak = 0.0

    /// - Parameter network: runs the whole network once.
    init(_ steps: LayerSteps, threads: Int, clocks: some Clocks, network: () -> Void) {
        self.steps = steps.steps
        self.threads = threads
        self.clocks = clocks
        shortest = [Double](repeating: .infinity, count: steps.steps.count)
        for _ in 0..<Self.passes {
            peak = max(peak, peak_multiply_add(Int32(threads), 0.02))
            network()
            whole = min(whole, milliseconds(of: network))
            for (index, step) in self.steps.enumerated() {
                shortest[index] = min(shortest[index], milliseconds(of: step.run))
            }
        }
    }

    /// One thread's time is its processor time, so that it means something on a busy machine too.
    private func milliseconds(of work: () -> Void) -> Double {
        let (start, before) = (clocks.monotonic(), processorTime())
        work()
        let (passed, used) = (clocks.monotonic() - start, processorTime() - before)
        return Double((threads == 1 ? used : passed).nanoseconds) / 1e6
    }

    /// Groups of equal layers, the most expensive first; rates are those of the direct algorithm.
    var table: TextTable {
        var groups: [String: (count: Int, gflop: Double, time: Double)] = [:]
        for (step, time) in zip(steps, shortest) {
            var group = groups[step.group] ?? (0, 0, 0)
            group = (group.count + 1, group.gflop + step.gflop, group.time + time)
            groups[step.group] = group
        }
        var table = TextTable(
            "Layers, \(threads) thread(s), multiply-add peak \(number(peak)) GFLOP/s",
            ["", "count", "GFLOP", "ms", "GFLOP/s", "% of peak", "% of time"])
        func add(_ name: String, _ count: String, _ gflop: Double, _ time: Double) {
            let rate = gflop / time * 1000
            table.add(
                name, count, number(gflop, 3), number(time, 3), number(rate), number(100 * rate / peak),
                number(100 * time / whole))
        }
        for (name, group) in groups.sorted(by: { $0.value.time > $1.value.time }) {
            add(name, "\(group.count)", group.gflop, group.time)
        }
        let gflop = steps.reduce(0) { $0 + $1.gflop }
        let time = shortest.reduce(0, +)
        add("all these layers", "\(steps.count)", gflop, time)
        table.add("the rest", "", "", number(whole - time, 3), "", "", number(100 * (whole - time) / whole))
        table.add("whole network", "", "", number(whole, 3))
        return table
    }
}
