internal import Basics
public import ModelFiles
internal import Tensors

extension Condensation {
    /// Runs the epochs that are left.
    ///
    /// - Parameters:
    ///   - source: the patches; `columns` of them are condensed.
    ///   - labels: class of each patch; values outside 0 ..< classCount are ignored.
    ///   - seed: fixes the order of the patches and the re-initialisations.
    ///   - finished: called after each epoch with its mean loss; the state may be saved here. Throwing ends the run at
    ///     an epoch's boundary.
    public func train(
        _ source: any PatchSource, columns: Range<Int>, labels: [Int32], seed: UInt64,
        finished: (_ epoch: Int, _ loss: Double) throws -> Void
    ) rethrows {
        let order = RowOrder(seed: seed)
        let members = Self.members(labels, classCount: classCount)
        let batchCount = max(1, members.count / settings.batchRows)
        let resetInterval = max(1, batchCount / 2)
        let data = Tensor([(members.count + batchCount - 1) / batchCount, columns.count])
        while epoch < settings.epochs {
            let shuffled = order.shuffled(members, epoch: epoch)
            var generator = order.generator(epoch: epoch + settings.epochs)
            var loss = 0.0
            for batch in 0..<batchCount {
                let range = members.count * batch / batchCount..<members.count * (batch + 1) / batchCount
                data.reshape([range.count, columns.count])
                source.copyRows(shuffled[range], columns: columns, into: data)
                loss += step(
                    data, labels: shuffled[range].map { labels[Int($0)] },
                    temperature: settings.temperature(epoch: epoch), rate: settings.rate(epoch: epoch))
                if settings.mayReset(epoch: epoch), (batch + 1) % resetInterval == 0 { resetUnsupported(&generator) }
            }
            moveToMeans()
            epoch += 1
            try finished(epoch, loss / Double(batchCount))
        }
    }

    /// Drops etalons without support or without a single patch of their own, and returns the rest of each class.
    ///
    /// - Throws: `PixelAnomalyError.Code.notEnoughData` when a class keeps no etalon.
    public func finish(
        _ source: any PatchSource, columns: Range<Int>, labels: [Int32]
    ) throws(PixelAnomalyError) -> [EtalonSet] {
        refreshValidity()
        var counts = [Int64](repeating: 0, count: classCount * capacity)
        let members = Self.members(labels, classCount: classCount)
        var start = 0
        while start < members.count {
            let slice = members[start..<min(members.count, start + settings.batchRows)]
            countAssignments(
                source.rows(slice, columns: columns), labels: slice.map { labels[Int($0)] }, into: &counts)
            start += slice.count
        }
        var sets: [EtalonSet] = []
        for label in 0..<classCount {
            guard let set = etalons(label, counts: counts) else {
                throw PixelAnomalyError(.notEnoughData, "class \(label) has no patch to represent it")
            }
            sets.append(set)
        }
        return sets
    }

    private static func members(_ labels: [Int32], classCount: Int) -> [Int32] {
        labels.indices.filter { labels[$0] >= 0 && labels[$0] < Int32(classCount) }.map(Int32.init)
    }

    // MARK: - Checkpoints

    /// Adds the complete state (parameters, moments, support, epoch) under `condensation.`.
    public func save(to writer: inout SafetensorsWriter) {
        let name = "condensation."
        centres.save(name + "centres", to: &writer)
        scales.save(name + "scales", to: &writer)
        writer.add(name + "median", Tensor([dimension], whitening.median))
        writer.add(name + "deviation", Tensor([dimension], whitening.deviation))
        writer.add(name + "support", Tensor([support.count], support))
        writer.add(name + "batch_size", Tensor([classCount], batchSize))
        writer.add(name + "batches", integers: batches)
        writer.add(name + "valid", integers: valid.map(Int64.init))
        writer.add(name + "epoch", integers: [Int64(epoch)])
    }

    /// Restores a state written by `save`.
    /// - Throws: `ModelFileError` when tensors are missing or do not fit the settings.
    public convenience init(
        from file: SafetensorsFile, classCount: Int, dimension: Int, settings: CondensationSettings
    ) throws(ModelFileError) {
        let name = "condensation."
        let total = classCount * settings.budget
        let whitening = Whitening(
            median: try file.tensor(name + "median", shape: [dimension]).array,
            deviation: try file.tensor(name + "deviation", shape: [dimension]).array)
        self.init(
            settings: settings, whitening: whitening, classCount: classCount,
            centres: try AdamWeights(name + "centres", shape: [total, dimension], from: file),
            scales: try AdamWeights(name + "scales", shape: [total], from: file))
        support = try file.tensor(name + "support", shape: [total]).array
        batchSize = try file.tensor(name + "batch_size", shape: [classCount]).array
        batches = try file.integers(name + "batches")
        valid = try file.integers(name + "valid").map { $0 != 0 ? 1 : 0 }
        epoch = Int(try file.integers(name + "epoch").first ?? 0)
        guard batches.count == classCount, valid.count == total else {
            throw ModelFileError(.wrongShape, "\(file.origin): the checkpoint's counts do not fit its etalons")
        }
    }
}
