import Analysis
import Testing

@Suite struct LingeringHistoryTests {
    /// Two cells, one map every 200 ms: what passes the first cell is gone two maps later, the second stays at 2.
    private func map(_ index: Int) -> [Float] { [index % 10 < 2 ? 8 : 0.5, 2] }

    @Test func `what stays is told from what passes by, once the window is full`() {
        var history = LingeringHistory()
        for index in 0..<100 {
            let time = Duration.milliseconds(200 * index)
            let lingering = history.add(map(index), at: time)
            if time < LingeringHistory.window {
                #expect(lingering == nil)
            } else {
                #expect(lingering == [0.5, 2])
            }
        }
    }

    @Test func `frames closer together give the same, and the newest always counts`() {
        var history = LingeringHistory()
        for index in 0..<400 { _ = history.add([3, 3], at: .milliseconds(10 * index)) }
        let low = history.add([1, 5], at: .milliseconds(4001))
        #expect(low == [1, 3])
        let high = history.add([5, 5], at: .milliseconds(4010))
        #expect(high == [3, 3])
    }

    @Test(arguments: [Duration.seconds(9), .seconds(-5)])
    func `a gap or time that goes back breaks the history`(jump: Duration) {
        var history = LingeringHistory()
        var time = Duration.seconds(20)
        for _ in 0..<30 {
            _ = history.add([4], at: time)
            time += .milliseconds(200)
        }
        let before = history.add([4], at: time)
        #expect(before == [4])
        time += jump
        let after = history.add([4], at: time)
        #expect(after == nil)
        let later = history.add([4], at: time + LingeringHistory.window)
        #expect(later == [4])
    }

    @Test func `maps of another size begin a new history`() {
        var history = LingeringHistory()
        for index in 0..<30 { _ = history.add([4, 4], at: .milliseconds(200 * index)) }
        let other = history.add([4, 4, 4], at: .seconds(6))
        #expect(other == nil)
    }

    @Test(arguments: [(5, 16), (25, 17), (1, 4), (0.2, 2)] as [(Double, Int)])
    func `a slower rate than usual needs half as many maps, so a longer time`(rate: Double, usual: Int) {
        #expect(LingeringHistory.usualMaps(framesPerSecond: rate) == usual)
        var history = LingeringHistory()
        history.fewestMaps = usual / 2
        let fewest = max(2, usual / 2)
        // A sweep: something passes in every other picture, and something stays.
        for index in 0..<40 {
            let time = Duration.milliseconds(1800 * index)
            let lingering = history.add([index % 2 == 0 ? 8 : 0.5, 2], at: time)
            if index + 1 < fewest || time < LingeringHistory.window {
                #expect(lingering == nil)
            } else {
                #expect(lingering == [0.5, 2])
            }
        }
    }
}
