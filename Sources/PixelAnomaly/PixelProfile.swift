public import ModelFiles
internal import Tensors

/// What the pixel detector learned about one camera: everything it needs to score a frame.
public struct PixelProfile: Sendable {
    public let classifier: PatchClassifier
    /// One set per class.
    public let etalons: [EtalonSet]
    /// One table per class.
    public let tables: [SurpriseTable]
    /// Classes that may explain a patch.
    public let evaluated: [Int]
    /// Channels of a patch's features that are compared with the etalons; the classifier sees all of them.
    public let columns: Range<Int>
    /// Surprise of held-out patches: share of patches below, and surprise.
    public let heldOut: [Quantile]

    /// One point of a distribution.
    public struct Quantile: Sendable, Hashable {
        /// Share of the patches that are less surprising, in [0, 1].
        public let share: Double
        public let surprise: Double

        public init(share: Double, surprise: Double) {
            self.share = share
            self.surprise = surprise
        }
    }

    public var classCount: Int { etalons.count }
    /// Width of the patch features it was learned from.
    public var featureWidth: Int { classifier.inputWidth }

    /// - Throws: `PixelAnomalyError.Code.inconsistentFile` when the parts do not belong together.
    public init(
        classifier: PatchClassifier, etalons: [EtalonSet], tables: [SurpriseTable], evaluated: [Int],
        columns: Range<Int>, heldOut: [Quantile]
    ) throws(PixelAnomalyError) {
        let classes = classifier.classCount
        guard etalons.count == classes, tables.count == classes else {
            throw PixelAnomalyError(
                .inconsistentFile,
                "the classifier has \(classes) classes, there are \(etalons.count) etalon sets and \(tables.count) tables"
            )
        }
        guard !evaluated.isEmpty, evaluated.allSatisfy({ $0 >= 0 && $0 < classes }) else {
            throw PixelAnomalyError(
                .inconsistentFile, "the evaluated classes \(evaluated) are not among the \(classes)")
        }
        guard columns.lowerBound >= 0, columns.upperBound <= classifier.inputWidth,
            etalons.allSatisfy({ $0.dimension == columns.count && $0.count > 0 })
        else { throw PixelAnomalyError(.inconsistentFile, "the etalons do not fit the feature columns \(columns)") }
        guard tables.allSatisfy(\.isProper), heldOut.allSatisfy({ $0.share.isFinite && $0.surprise.isFinite }) else {
            throw PixelAnomalyError(.notFinite, "the calibration holds values that are no proper densities or scores")
        }
        self.classifier = classifier
        self.etalons = etalons
        self.tables = tables
        self.evaluated = evaluated
        self.columns = columns
        self.heldOut = heldOut
    }

    // MARK: - File

    /// Adds all parts under `pixel.`, so that they can share a file with other detectors.
    public func add(to writer: inout SafetensorsWriter) {
        classifier.add(to: &writer, prefix: "pixel.classifier")
        for (label, set) in etalons.enumerated() {
            writer.add("pixel.etalons.\(label)", set.centres)
            writer.add("pixel.beta.\(label)", Tensor([set.count], set.beta))
            writer.add("pixel.support.\(label)", Tensor([set.count], set.support))
            writer.add("pixel.surprise.\(label)", Tensor([tables[label].values.count], tables[label].values))
        }
        let classes = tables.count
        writer.add("pixel.inliers", doubles: tables.flatMap { $0.inlier.parts }, extents: [classes, 5])
        writer.add("pixel.outliers", doubles: tables.flatMap { $0.outlier.parts }, extents: [classes, 5])
        writer.add("pixel.distance_unit", doubles: tables.map(\.distanceUnit))
        writer.add("pixel.log_ratio", doubles: tables.flatMap { [$0.first, $0.step] }, extents: [classes, 2])
        writer.add("pixel.evaluated", integers: evaluated.map(Int64.init))
        writer.add("pixel.columns", integers: [Int64(columns.lowerBound), Int64(columns.upperBound)])
        writer.add(
            "pixel.held_out", doubles: heldOut.flatMap { [$0.share, $0.surprise] }, extents: [heldOut.count, 2])
    }

    /// Writes the profile alone.
    /// - Throws: `ModelFileError.Code.unwritable`.
    public func write(to path: String) throws(ModelFileError) {
        var writer = SafetensorsWriter()
        add(to: &writer)
        try writer.write(to: path)
    }

    /// Reads and checks a profile.
    /// - Throws: `PixelAnomalyError` when tensors are missing, not finite, or do not belong together.
    public init(_ file: SafetensorsFile) throws(PixelAnomalyError) {
        do {
            try self.init(checking: file)
        } catch let error as PixelAnomalyError {
            throw PixelAnomalyError(error.code, "\(file.origin): \(error.message)", cause: error.cause)
        } catch {
            throw PixelAnomalyError(.inconsistentFile, "\(file.origin): not a complete pixel profile", cause: error)
        }
    }

    private init(checking file: SafetensorsFile) throws {
        let classifier = try PatchClassifier(file, prefix: "pixel.classifier")
        let classes = classifier.classCount
        let inliers = try Self.doubles(file, "pixel.inliers", classes * 5)
        let outliers = try Self.doubles(file, "pixel.outliers", classes * 5)
        let ratios = try Self.doubles(file, "pixel.log_ratio", classes * 2)
        let units = try Self.doubles(file, "pixel.distance_unit", classes)
        let columns = try file.integers("pixel.columns")
        let heldOut = try file.doubles("pixel.held_out")
        guard columns.count == 2, columns[0] >= 0, columns[0] < columns[1], heldOut.count % 2 == 0 else {
            throw PixelAnomalyError(.inconsistentFile, "feature columns or held-out quantiles are malformed")
        }
        var etalons: [EtalonSet] = []
        var tables: [SurpriseTable] = []
        for label in 0..<classes {
            let centres = try file.parameter("pixel.etalons.\(label)")
            guard centres.shape.rank == 2 else {
                throw PixelAnomalyError(.inconsistentFile, "the etalons of class \(label) are no matrix")
            }
            let count: Shape = [centres.shape[0]]
            etalons.append(
                EtalonSet(
                    centres: centres, beta: try file.parameter("pixel.beta.\(label)", shape: count).array,
                    support: try file.parameter("pixel.support.\(label)", shape: count).array))
            tables.append(
                SurpriseTable(
                    inlier: BivariateNormal(parts: inliers[5 * label..<5 * label + 5]),
                    outlier: BivariateNormal(parts: outliers[5 * label..<5 * label + 5]), distanceUnit: units[label],
                    usesLogit: classes > 1, first: ratios[2 * label], step: ratios[2 * label + 1],
                    values: try file.parameter("pixel.surprise.\(label)").array))
        }
        try self.init(
            classifier: classifier, etalons: etalons, tables: tables,
            evaluated: try file.integers("pixel.evaluated").map { Int(truncatingIfNeeded: $0) },
            columns: Int(columns[0])..<Int(columns[1]),
            heldOut: stride(from: 0, to: heldOut.count, by: 2).map {
                Quantile(share: heldOut[$0], surprise: heldOut[$0 + 1])
            })
    }

    private static func doubles(_ file: SafetensorsFile, _ name: String, _ count: Int) throws -> [Double] {
        let values = try file.doubles(name)
        guard values.count == count, values.allSatisfy(\.isFinite) else {
            throw PixelAnomalyError(.inconsistentFile, "\(name) does not hold \(count) finite numbers")
        }
        return values
    }
}

extension BivariateNormal {
    var parts: [Double] { [meanX, meanY, xx, xy, yy] }

    init(parts: ArraySlice<Double>) {
        let values = Array(parts)
        self.init(meanX: values[0], meanY: values[1], xx: values[2], xy: values[3], yy: values[4])
    }
}
