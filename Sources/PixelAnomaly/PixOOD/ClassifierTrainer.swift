internal import Basics
internal import CKernels
internal import Glibc
public import ModelFiles
package import Tensors

/// How the patch classifier is trained.
public struct ClassifierSettings: Sendable, Hashable {
    /// Width of the hidden layer; nil takes the input's width.
    public var hidden: Int?
    public var epochs = 30
    /// AdamW's constant rate. The published 1e-4 belongs to a network of 17 million weights and millions of patches.
    public var learningRate = 1e-3
    public var weightDecay = 5e-4
    public var batchRows = 512

    public init() {}
}

/// Trains a `PatchClassifier` on patch labels: cross entropy, AdamW, back-propagation by hand.
///
/// It works on whitened features; the whitening is folded into the first layer when the classifier is made. Not
/// thread-safe.
public final class ClassifierTrainer {
    public let settings: ClassifierSettings
    public private(set) var epoch = 0
    private let whitening: Whitening
    private let classCount: Int
    private let hidden: Int
    private let weight0: AdamWeights
    private let bias0: AdamWeights
    private let weight2: AdamWeights
    private let bias2: AdamWeights
    private let context = ComputeContext(pool: ComputePool(width: 1))

    private var inputWidth: Int { whitening.dimension }

    /// Starts from uniform weights within ±1 / sqrt(inputs of the layer).
    public init(whitening: Whitening, classCount: Int, settings: ClassifierSettings, seed: UInt64) {
        self.settings = settings
        self.whitening = whitening
        self.classCount = classCount
        let hidden = settings.hidden ?? whitening.dimension
        self.hidden = hidden
        var generator = SeededGenerator(seed: seed)
        func uniform(_ shape: Shape, inputs: Int) -> AdamWeights {
            let bound = 1 / Double(inputs).squareRoot()
            let values = Tensor(shape)
            for index in 0..<values.count { values.pointer[index] = Float(generator.uniform(in: -bound..<bound)) }
            return AdamWeights(values)
        }
        weight0 = uniform([hidden, whitening.dimension], inputs: whitening.dimension)
        bias0 = uniform([hidden], inputs: whitening.dimension)
        weight2 = uniform([classCount, hidden], inputs: hidden)
        bias2 = uniform([classCount], inputs: hidden)
    }

    /// One step on a batch of whitened rows `[n, D]`.
    /// - Returns: mean loss and number of rows whose largest logit was right.
    @discardableResult
    package func step(_ rows: Tensor, labels: [Int32]) -> (loss: Double, correct: Int) {
        let result = gradients(rows, labels: labels)
        for part in [weight0, bias0, weight2, bias2] {
            part.step(rate: settings.learningRate, decay: settings.weightDecay)
        }
        return result
    }

    /// Loss and gradients of a batch of whitened rows.
    package func gradients(_ rows: Tensor, labels: [Int32]) -> (loss: Double, correct: Int) {
        let count = rows.shape[0]
        let workspace = context.workspace
        let pre = workspace.borrow([count, hidden])
        let active = workspace.borrow([count, hidden])
        let logits = workspace.borrow([count, classCount])
        multiply(
            m: count, n: hidden, k: inputWidth, rows.pointer, lda: inputWidth, .none, weight0.values.pointer,
            ldb: inputWidth, .transposed, into: pre.pointer, ldc: hidden)
        ck_gelu_forward(pre.pointer, bias0.values.pointer, count, hidden, active.pointer)
        multiply(
            m: count, n: classCount, k: hidden, active.pointer, lda: hidden, .none, weight2.values.pointer, ldb: hidden,
            .transposed, into: logits.pointer, ldc: classCount)
        var correct = 0
        let loss = ck_cross_entropy(logits.pointer, bias2.values.pointer, labels, count, classCount, &correct)
        multiply(
            m: classCount, n: hidden, k: count, logits.pointer, lda: classCount, .transposed, active.pointer,
            ldb: hidden, into: weight2.gradients.pointer, ldc: hidden)
        ck_sum_columns(logits.pointer, count, classCount, bias2.gradients.pointer)
        multiply(
            m: count, n: hidden, k: classCount, logits.pointer, lda: classCount, .none, weight2.values.pointer,
            ldb: hidden, into: active.pointer, ldc: hidden)
        ck_gelu_backward(pre.pointer, count * hidden, active.pointer)
        multiply(
            m: hidden, n: inputWidth, k: count, active.pointer, lda: hidden, .transposed, rows.pointer,
            ldb: inputWidth, into: weight0.gradients.pointer, ldc: inputWidth)
        ck_sum_columns(active.pointer, count, hidden, bias0.gradients.pointer)
        for tensor in [pre, active, logits] { workspace.giveBack(tensor) }
        return (loss, correct)
    }

    /// Runs the epochs that are left; `finished` is called after each with mean loss and accuracy and may save the state.
    public func train(
        _ source: any PatchSource, labels: [Int32], seed: UInt64,
        finished: (_ epoch: Int, _ loss: Double, _ accuracy: Double) throws -> Void
    ) rethrows {
        let order = RowOrder(seed: seed)
        let members = labels.indices.filter { labels[$0] >= 0 && labels[$0] < Int32(classCount) }.map(Int32.init)
        let batchCount = max(1, members.count / settings.batchRows)
        let raw = Tensor([(members.count + batchCount - 1) / batchCount, inputWidth])
        let white = Tensor(raw.shape)
        while epoch < settings.epochs {
            let shuffled = order.shuffled(members, epoch: epoch)
            var (loss, correct) = (0.0, 0)
            for batch in 0..<batchCount {
                let range = members.count * batch / batchCount..<members.count * (batch + 1) / batchCount
                raw.reshape([range.count, inputWidth])
                white.reshape(raw.shape)
                source.copyRows(shuffled[range], columns: 0..<inputWidth, into: raw)
                whitening.apply(raw.pointer, count: range.count, stride: inputWidth, into: white.pointer)
                let result = step(white, labels: shuffled[range].map { labels[Int($0)] })
                loss += result.loss * Double(range.count)
                correct += result.correct
            }
            epoch += 1
            let total = Double(max(1, members.count))
            try finished(epoch, loss / total, Double(correct) / total)
        }
    }

    /// The classifier for raw features: the whitening becomes part of the first layer.
    public func classifier() throws(ModelFileError) -> PatchClassifier {
        let weight = Tensor([hidden, inputWidth])
        let bias = Tensor([hidden])
        for unit in 0..<hidden {
            var shift = Double(bias0.values.pointer[unit])
            for column in 0..<inputWidth {
                let scaled = weight0.values.row(unit)[column] / whitening.deviation[column]
                weight.row(unit)[column] = scaled
                shift -= Double(scaled) * Double(whitening.median[column])
            }
            bias.pointer[unit] = Float(shift)
        }
        return try PatchClassifier(
            TensorTable([
                "decoder.0.weight": weight, "decoder.0.bias": bias, "decoder.2.weight": weight2.values,
                "decoder.2.bias": bias2.values,
            ]))
    }

    // MARK: - Checkpoints

    private static let names = ["weight0", "bias0", "weight2", "bias2"]

    /// Adds the complete state under `classifier.`.
    public func save(to writer: inout SafetensorsWriter) {
        for (name, part) in zip(Self.names, [weight0, bias0, weight2, bias2]) {
            part.save("classifier." + name, to: &writer)
        }
        writer.add("classifier.epoch", integers: [Int64(epoch)])
    }

    /// Restores a state written by `save`.
    /// - Throws: `ModelFileError` when tensors are missing or do not fit.
    public init(
        from file: SafetensorsFile, whitening: Whitening, classCount: Int, settings: ClassifierSettings
    ) throws(ModelFileError) {
        self.settings = settings
        self.whitening = whitening
        self.classCount = classCount
        let hidden = settings.hidden ?? whitening.dimension
        self.hidden = hidden
        weight0 = try AdamWeights("classifier.weight0", shape: [hidden, whitening.dimension], from: file)
        bias0 = try AdamWeights("classifier.bias0", shape: [hidden], from: file)
        weight2 = try AdamWeights("classifier.weight2", shape: [classCount, hidden], from: file)
        bias2 = try AdamWeights("classifier.bias2", shape: [classCount], from: file)
        epoch = Int(try file.integers("classifier.epoch").first ?? 0)
    }

    /// Parameters and gradients, for tests: weight and bias of both layers.
    package var inspection: [(values: Tensor, gradients: Tensor)] {
        [weight0, bias0, weight2, bias2].map { ($0.values, $0.gradients) }
    }
}
