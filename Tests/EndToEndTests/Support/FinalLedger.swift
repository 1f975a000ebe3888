import Foundation

/// The line of the daemon's log that says at its end what became of a camera's frames.
struct FinalLedger {
    let arrived: Int
    /// Scored, gated, dropped, waiting, in analysis.
    let places: [Int]

    var addsUp: Bool { arrived == places.reduce(0, +) }
    var scored: Int { places[0] }
    /// Waiting, or in analysis.
    var underway: Int { places[3] + places[4] }

    /// By the cameras' names.
    static func all(in log: String) -> [String: FinalLedger] {
        var found: [String: FinalLedger] = [:]
        let counts =
            #/frames: (\d+) arrived = (\d+) scored \+ (\d+) gated.* \+ (\d+) dropped.* \+ (\d+) waiting \+ (\d+) /#
        for line in log.split(separator: "\n") {
            guard let match = line.firstMatch(of: counts), let camera = line.firstMatch(of: #/camera=(\S+)/#) else {
                continue
            }
            let places = [match.2, match.3, match.4, match.5, match.6].compactMap { Int($0) }
            found[String(camera.1)] = FinalLedger(arrived: Int(match.1) ?? -1, places: places)
        }
        return found
    }
}
