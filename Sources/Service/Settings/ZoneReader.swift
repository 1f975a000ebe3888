internal import Alerting
internal import Imaging
internal import Yams

/// Reads a camera's `zones`.
struct ZoneReader {
    private let issues: IssueList

    init(_ issues: IssueList) { self.issues = issues }

    func zones(_ camera: MappingReader) -> [Zone] {
        guard let node = camera.node("zones") else { return [] }
        guard case .sequence(let list) = node else {
            camera.fail("zones", "expected a list of zones, found \(MappingReader.found(node))")
            return []
        }
        guard list.count <= ZoneMap.limit else {
            camera.fail("zones", "there may be \(ZoneMap.limit) zones, found \(list.count)")
            return []
        }
        var names: Set<String> = []
        var included = 0
        return list.enumerated().compactMap { index, node in
            let path = "\(camera.path("zones"))[\(index)]"
            guard let reader = MappingReader(node, path, issues), let zone = zone(reader) else { return nil }
            if !names.insert(zone.name).inserted {
                reader.fail("name", "another zone of this camera is named `\(zone.name)`, too")
            }
            included += zone.kind == .include ? 1 : 0
            guard zone.kind != .include || included <= ZoneMap.includeLimit else {
                reader.fail("kind", "there may be \(ZoneMap.includeLimit) zones to include")
                return nil
            }
            return zone
        }
    }

    private func zone(_ reader: MappingReader) -> Zone? {
        for key in ["name", "kind", "polygon"] { reader.require(key) }
        let (name, kind) = (reader.identifier("name"), reader.choice("kind", Zone.Kind.self))
        let polygon = polygon(reader)
        reader.finish()
        guard let name, let kind, let polygon else { return nil }
        return Zone(name: name, kind: kind, polygon: polygon)
    }

    private func polygon(_ reader: MappingReader) -> Polygon? {
        guard let node = reader.node("polygon") else { return nil }
        guard case .sequence(let list) = node else {
            reader.fail("polygon", "expected a list of points [x, y], found \(MappingReader.found(node))")
            return nil
        }
        let path = reader.path("polygon")
        let points = list.enumerated().map { point($1, "\(path)[\($0)]") }
        guard points.allSatisfy({ $0 != nil }) else { return nil }
        do throws(Polygon.Flaw) {
            return try Polygon(points.compactMap(\.self))
        } catch {
            // The edge of a flaw begins at a point of its own.
            let mark =
                switch error {
                case .outside(let number), .crossing(_, let number): list[number - 1].mark
                case .points, .empty: node.mark
                }
            issues.add(mark, path, Self.words(error))
            return nil
        }
    }

    private func point(_ node: Node, _ path: String) -> Polygon.Point? {
        if case .sequence(let pair) = node, pair.count == 2, let x = number(pair[0]), let y = number(pair[1]) {
            return Polygon.Point(x, y)
        }
        let found =
            if case .sequence(let pair) = node {
                "[\(pair.map(MappingReader.found).joined(separator: ", "))]"
            } else {
                MappingReader.found(node)
            }
        issues.add(node.mark, path, "expected a point [x, y] of two numbers, found \(found)")
        return nil
    }

    private func number(_ node: Node) -> Double? {
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Double(scalar.string) else {
            return nil
        }
        return value
    }

    private static func words(_ flaw: Polygon.Flaw) -> String {
        switch flaw {
        case .points(let count):
            "needs \(Polygon.pointCount.lowerBound) to \(Polygon.pointCount.upperBound) points, has \(count)"
        case .outside: "is outside the picture: x and y are shares of its width and height, from 0 to 1"
        case .crossing(let first, let second): "the edges from points \(first) and \(second) cross or touch"
        case .empty: "encloses nothing"
        }
    }
}
