public import Imaging

/// Where in a camera's picture things count.
///
/// - A piece of evidence does not count when at least half of its box lies in ignore and privacy zones together.
/// - With include zones it counts only when it touches one: its foot, the middle of the box's lower edge, stands in the
///   zone, or at least half of the box lies in it.
/// - Ignore goes before include.
public struct ZoneMap: Sendable, Hashable {
    /// Everything counts.
    public static let everywhere = ZoneMap([])
    /// Zones of one camera, and include zones among them.
    public static let limit = 32
    public static let includeLimit = 8

    /// In the order of the settings.
    public let zones: [Zone]
    private let included: [Zone]
    private let blind: [Polygon]

    /// The foot of a box that ends at the picture's lower edge must not lie on the border.
    private static let footHeight: Float = 0.02
    private static let most = 0.5

    /// At most `limit` zones with different names, at most `includeLimit` of them to include.
    public init(_ zones: [Zone]) {
        self.zones = zones
        included = zones.filter { $0.kind == .include }
        blind = zones.filter(\.isBlind).map(\.polygon)
        precondition(zones.count <= Self.limit && included.count <= Self.includeLimit)
    }

    /// Names of some include zones, as bits in their order.
    struct Names: OptionSet, Sendable, Hashable {
        let rawValue: UInt8
    }

    /// The include zones that a box touches, none where there are none; nil when what it shows does not count.
    ///
    /// - Parameters:
    ///   - box: in pixels of a picture of `width` x `height`.
    func touched(by box: Box, width: Int, height: Int) -> Names? {
        guard !zones.isEmpty else { return [] }
        let place = box.clipped(width: width, height: height).inShares(width: width, height: height)
        guard blind.share(of: place) < Self.most else { return nil }
        guard !included.isEmpty else { return [] }
        var names: UInt8 = 0
        let foot = (x: Double(place.centre.x), y: Double(place.y2 - Self.footHeight * place.height))
        for (index, zone) in included.enumerated() {
            let polygon = CollectionOfOne(zone.polygon)
            guard zone.polygon.contains(foot.x, foot.y) || polygon.share(of: place) >= Self.most else { continue }
            names |= 1 << UInt8(index)
        }
        return names == 0 ? nil : Names(rawValue: names)
    }

    /// Adds zones to a list of names, which keeps the order of the settings; names that are no longer there come last.
    func adding(_ names: Names, to list: [String]) -> [String] {
        let added = included.indices.filter {
            names.rawValue >> UInt8($0) & 1 == 1 && !list.contains(included[$0].name)
        }
        guard !added.isEmpty else { return list }
        let known = included.indices.filter { added.contains($0) || list.contains(included[$0].name) }
            .map { included[$0].name }
        return Array((known + list.filter { !known.contains($0) }).prefix(Self.includeLimit))
    }
}

extension ZoneMap {
    /// Whether something with this box counts; see the type.
    public func counts(_ box: Box, width: Int, height: Int) -> Bool {
        touched(by: box, width: width, height: height) != nil
    }
}
