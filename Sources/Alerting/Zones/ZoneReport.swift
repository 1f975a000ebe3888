internal import Imaging

/// What zones come to, and what about them is probably a mistake.
public struct ZoneReport: Sendable {
    /// Share of the picture that each zone covers, in their order.
    public let shares: [(zone: Zone, share: Double)]
    /// Share of the picture in which something can count.
    public let counting: Double
    /// For people.
    public let warnings: [String]

    /// What is smaller is no bigger than a person far away.
    private static let tiny = 0.002
    private static let all = 0.99
    /// Of the smaller of two zones; less is how the mouse trembles.
    private static let overlap = 0.05
    private static let picture = Box(x1: 0, y1: 0, x2: 1, y2: 1)

    public init(_ zones: [Zone]) {
        shares = zones.map { ($0, $0.polygon.area) }
        let (blind, included) = (Self.polygons(zones, \.isBlind), Self.polygons(zones) { $0.kind == .include })
        let dark = Self.area(blind)
        counting = included.isEmpty ? 1 - dark : Self.area(blind + included) - dark
        var warnings = zones.compactMap(Self.warning)
        for zone in zones where zone.kind == .include {
            let seen = Self.area(blind + [zone.polygon]) - dark
            if seen <= 0.05 * zone.polygon.area {
                warnings.append("\(zone.name) lies in ignore and privacy zones: nothing in it can ever count")
            }
        }
        if dark >= Self.all { warnings.append("ignore and privacy zones cover everything: nothing can ever count") }
        for (index, first) in zones.enumerated() {
            for second in zones[(index + 1)...] { warnings += Self.overlap(first, second) }
        }
        self.warnings = warnings
    }

    private static func polygons(_ zones: [Zone], _ belongs: (Zone) -> Bool) -> [Polygon] {
        zones.filter(belongs).map(\.polygon)
    }

    private static func area(_ polygons: [Polygon]) -> Double { polygons.share(of: picture, lines: 1024) }

    private static func warning(_ zone: Zone) -> String? {
        if zone.polygon.area < tiny {
            return "\(zone.name) is tiny: \(percent(zone.polygon.area)) of the picture"
        }
        guard zone.polygon.area >= all else { return nil }
        return switch zone.kind {
        case .include: "\(zone.name) covers the whole picture: it changes nothing"
        case .ignore: "\(zone.name) covers the whole picture: nothing can ever count"
        case .privacy: "\(zone.name) covers the whole picture: every picture is black"
        }
    }

    private static func overlap(_ first: Zone, _ second: Zone) -> [String] {
        let common = first.polygon.area + second.polygon.area - area([first.polygon, second.polygon])
        let (small, large) = first.polygon.area <= second.polygon.area ? (first, second) : (second, first)
        let share = common / small.polygon.area
        guard share >= overlap else { return [] }
        let words = "\(percent(share)) of \(small.name) lies in \(large.name)"
        return switch (first.kind, second.kind) {
        case (.include, .include): [words + ": what is there belongs to both"]
        case (.include, _), (_, .include): [words + ": what is mostly there does not count"]
        default: [words]
        }
    }

    /// Such as "12.5 %".
    public static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

extension Zone {
    /// Whether what lies in it does not count.
    var isBlind: Bool { kind != .include }
}
