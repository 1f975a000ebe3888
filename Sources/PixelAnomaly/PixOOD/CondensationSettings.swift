internal import Glibc

/// How etalons are learned; the defaults keep the shape of the published schedule.
public struct CondensationSettings: Sendable, Hashable {
    public var method = EtalonMethod.condensation
    /// Budget of etalons per class; a single mean takes one.
    public var etalonsPerClass = 128
    public var epochs = 100
    /// AdamW's rate at the first epoch; falls to zero along a half cosine.
    public var learningRate = 0.1
    /// Inverse temperature of the soft assignment at the first epoch and beyond the last.
    public var firstTemperature = 0.5
    public var lastTemperature = 2.0
    /// Weight of a new batch in the running support.
    public var supportDecay = 0.001
    /// An etalon with less than this share of a uniform part of its class is moved, and finally dropped.
    public var leastShare = 0.5
    /// Rows per batch.
    public var batchRows = 2048
    /// Rows that whitening and the first etalons are drawn from, at most.
    public var initialRows = 30_000

    public init() {}

    /// Etalons per class that the method takes.
    var budget: Int { method == .singleMean ? 1 : etalonsPerClass }

    /// Inverse temperature T_e of an epoch.
    public func temperature(epoch: Int) -> Double {
        firstTemperature + (lastTemperature - firstTemperature) * 0.5 * (1 - cosine(epoch))
    }

    /// Learning rate of an epoch.
    public func rate(epoch: Int) -> Double { learningRate * 0.5 * (1 + cosine(epoch)) }

    /// Whether etalons may be moved in an epoch: not in the first, nor in the last tenth.
    public func mayReset(epoch: Int) -> Bool { method.reinitialises && epoch >= 1 && 10 * epoch < 9 * epochs }

    private func cosine(_ epoch: Int) -> Double { cos(Double.pi * Double(epoch) / Double(max(1, epochs))) }
}
