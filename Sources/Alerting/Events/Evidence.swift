internal import Analysis
internal import Imaging

/// One place of one frame that looks anomalous: objects and regions that touch, fused.
struct Evidence {
    var box: Box
    var object: ObjectScores?
    /// Of that object.
    var track: Int?
    var pixels: PixelScores?
    /// Include zones that some of it touches.
    var zones: ZoneMap.Names

    /// No rate of a machine number is rarer; keeps infinity out of files.
    private static let rarest: Float = 300

    init(_ object: ScoredObject, track: Int, _ zones: ZoneMap.Names) {
        box = object.box
        self.track = track
        self.zones = zones
        self.object = ObjectScores(
            objectness: object.objectness, anomaly: object.anomaly, surprise: min(object.surprise, Self.rarest),
            maskedPixels: object.silhouette?.area)
    }

    init(_ region: AnomalousRegion, _ zones: ZoneMap.Names) {
        box = region.box
        self.zones = zones
        pixels = PixelScores(
            score: region.score, cells: region.cells, surprise: min(region.surprise, Self.rarest))
    }

    var surprise: Float { max(object?.surprise ?? 0, pixels?.surprise ?? 0) }

    func objectReaches(_ threshold: Float) -> Bool { object.map { $0.surprise >= threshold } ?? false }
    func pixelsReach(_ threshold: Float) -> Bool { pixels.map { $0.surprise >= threshold } ?? false }

    /// Takes over the other's scores where they are higher, and with `growing` its extent.
    mutating func absorb(_ other: Evidence, growing: Bool) {
        if growing { box = box.union(with: other.box) }
        if let theirs = other.object, theirs.surprise > object?.surprise ?? -1 {
            (object, track) = (theirs, other.track)
        }
        if let theirs = other.pixels, theirs.surprise > pixels?.surprise ?? -1 { pixels = theirs }
        zones.formUnion(other.zones)
    }

    /// At most this many pieces of a frame are looked at, the most surprising first.
    static let limit = 64

    /// What of a verdict is looked at: everything finite at or above the exit thresholds, and where it lies.
    struct Finds {
        /// The zones are nil for what does not count.
        fileprivate(set) var objects: [(object: ScoredObject, zones: ZoneMap.Names?)]
        fileprivate let regions: [(region: AnomalousRegion, zones: ZoneMap.Names)]

        init(_ verdict: Verdict, _ rules: EventRules) {
            func zones(_ box: Box) -> ZoneMap.Names? {
                rules.zones.touched(by: box, width: verdict.width, height: verdict.height)
            }
            objects = verdict.objects.filter { $0.surprise >= rules.objects.exit && $0.box.isFinite }
                .map { ($0, zones($0.box)) }
            if objects.count > limit {
                // What does not count must not crowd out what does.
                objects = Array((objects.filter { $0.zones != nil } + objects.filter { $0.zones == nil }).prefix(limit))
            }
            let strong = verdict.regions.lazy.filter { $0.surprise >= rules.pixels.exit && $0.box.isFinite }
            regions = Array(strong.compactMap { region in zones(region.box).map { (region, $0) } }.prefix(limit))
        }

        /// The pieces that count, most surprising first.
        /// - Parameter tracks: of the objects.
        func pieces(tracks: [Int]) -> [Evidence] {
            var pieces: [Evidence] = []
            for (find, track) in zip(objects, tracks) {
                if let zones = find.zones { pieces.append(Evidence(find.object, track: track, zones)) }
            }
            for find in regions { pieces.append(Evidence(find.region, find.zones)) }
            // Stable, so that a replay sees the same order.
            pieces.sort { $0.surprise > $1.surprise }
            return Array(pieces.prefix(limit))
        }
    }

    /// Fuses pieces nearer than `distance` pixels until none are; the results do not touch each other.
    static func fused(_ pieces: [Evidence], distance: Float) -> [Evidence] {
        var places: [Evidence] = []
        for piece in pieces {
            var grown = piece
            // A grown place may touch one that the piece alone did not, so look again after each fusion.
            while let index = places.firstIndex(where: { $0.box.isNear(grown.box, distance) }) {
                var place = places.remove(at: index)
                place.absorb(grown, growing: true)
                grown = place
            }
            places.append(grown)
        }
        return places
    }
}

extension Box {
    var isFinite: Bool { x1.isFinite && y1.isFinite && x2.isFinite && y2.isFinite }

    /// Whether the gap between the two is at most `distance` on both axes.
    func isNear(_ other: Box, _ distance: Float) -> Bool {
        x1 - distance <= other.x2 && other.x1 - distance <= x2 && y1 - distance <= other.y2
            && other.y1 - distance <= y2
    }

    /// Share of the smaller box that lies inside the other; 0 when either is empty.
    func overlap(with other: Box) -> Float {
        let smaller = min(area, other.area)
        return smaller > 0 ? intersection(with: other).area / smaller : 0
    }

    func moved(x: Float, y: Float) -> Box { Box(x1: x1 + x, y1: y1 + y, x2: x2 + x, y2: y2 + y) }

    func grown(by distance: Float) -> Box {
        Box(x1: x1 - distance, y1: y1 - distance, x2: x2 + distance, y2: y2 + distance)
    }
}
