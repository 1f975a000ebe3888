/// How often each camera is analysed when there is not enough time for all of them.
///
/// Shares are max-min fair in frames per second: nobody gets more while somebody of the same urgency who wants it has
/// less. In this order: what is under suspicion gets the rate at which it can be confirmed, at most from half of the time;
/// everybody gets the sweep, or all an equal part of it; suspects and movement get the usual rate; then what stands still
/// does; then all get up to what they want, so that a camera that wants very much takes only what nobody else needs. No
/// time is left over while somebody wants it.
package enum FairShares {
    package enum Urgency: Sendable {
        /// Nothing moves, or less than the gate can see: the sweep looks for it.
        case still
        case moving
        /// There is evidence that is not confirmed yet, or an open event.
        case suspect
    }

    /// What one camera asks for.
    package struct Demand: Sendable {
        /// Frames per second, 0 and up.
        package var wanted: Double
        /// Seconds of computing per frame, 0 and up.
        package var cost: Double
        /// Longest time between two looks at what stands still, in seconds, above 0.
        package var sweep: Double
        package var urgency: Urgency
        /// Never more than the sweep while it stands still, whatever time there is.
        package var isAlwaysGated = false

        package init(wanted: Double, cost: Double, sweep: Double, urgency: Urgency, isAlwaysGated: Bool = false) {
            self.wanted = wanted
            self.cost = cost
            self.sweep = sweep
            self.urgency = urgency
            self.isAlwaysGated = isAlwaysGated
        }

        /// Frames per second of the sweep: every whole number of frames, so that no gap is longer.
        package var sweepRate: Double {
            // Measured rates are a little off.
            wanted / max(1, (wanted * sweep * 1.02).rounded(.down))
        }

        /// What it would get if there were time for everybody.
        package var ceiling: Double { isAlwaysGated && urgency == .still ? sweepRate : wanted }
    }

    /// Frames per second at which evidence is confirmed in time.
    package static let confirmationRate = 1.0

    /// Frames per second that are enough for most cameras: who wants more comes last.
    package static let usualRate = 5.0

    /// The rate of each camera.
    /// - Parameter capacity: seconds of computing per second, 0 and up.
    package static func rates(_ demands: [Demand], capacity: Double) -> [Double] {
        var rates = [Double](repeating: 0, count: demands.count)
        var left = capacity
        func fill(_ urgencies: [Urgency], budget: Double, upTo ceiling: (Demand) -> Double) {
            let members = demands.indices.filter { urgencies.contains(demands[$0].urgency) }
            let ceilings = members.map { max(rates[$0], ceiling(demands[$0])) }
            func cost(atLevel level: Double) -> Double {
                zip(members, ceilings).reduce(0) { sum, member in
                    sum + demands[member.0].cost * max(0, min(member.1, level) - rates[member.0])
                }
            }
            let level = level(budget, top: ceilings.max() ?? 0, cost: cost)
            left -= cost(atLevel: level)
            for (member, ceiling) in zip(members, ceilings) { rates[member] = max(rates[member], min(ceiling, level)) }
        }
        fill([.suspect], budget: capacity / 2) { min($0.wanted, confirmationRate) }
        fill([.still, .moving, .suspect], budget: left, upTo: \.sweepRate)
        fill([.moving, .suspect], budget: left) { min($0.wanted, usualRate) }
        fill([.still], budget: left) { min($0.ceiling, usualRate) }
        fill([.moving, .suspect], budget: left, upTo: \.wanted)
        fill([.still], budget: left, upTo: \.ceiling)
        return rates
    }

    /// The highest water level that costs no more than the budget.
    private static func level(_ budget: Double, top: Double, cost: (Double) -> Double) -> Double {
        guard cost(top) > budget else { return top }
        var (low, high) = (0.0, top)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if cost(middle) <= budget { low = middle } else { high = middle }
        }
        return low
    }
}
