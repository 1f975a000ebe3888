internal import CKernels
internal import ModelFiles
internal import Tensors

/// Parameters under AdamW: values, gradients and both moments.
final class AdamWeights {
    let values: Tensor
    let gradients: Tensor
    private let first: Tensor
    private let second: Tensor
    private(set) var steps: Int64 = 0

    init(_ values: Tensor) {
        self.values = values
        gradients = Tensor(values.shape, repeating: 0)
        first = Tensor(values.shape, repeating: 0)
        second = Tensor(values.shape, repeating: 0)
    }

    /// One step along the present gradients (betas 0.9 and 0.999, epsilon 1e-8).
    func step(rate: Double, decay: Double) {
        steps += 1
        ck_adamw(
            values.pointer, gradients.pointer, first.pointer, second.pointer, values.count, rate, 0.9, 0.999, 1e-8,
            decay, steps)
    }

    func save(_ name: String, to writer: inout SafetensorsWriter) {
        writer.add(name, values)
        writer.add(name + ".first", first)
        writer.add(name + ".second", second)
        writer.add(name + ".steps", integers: [steps])
    }

    convenience init(_ name: String, shape: Shape, from file: SafetensorsFile) throws(ModelFileError) {
        self.init(try file.tensor(name, shape: shape))
        let (savedFirst, savedSecond) = (
            try file.tensor(name + ".first", shape: shape), try file.tensor(name + ".second", shape: shape)
        )
        first.pointer.update(from: savedFirst.pointer, count: first.count)
        second.pointer.update(from: savedSecond.pointer, count: second.count)
        steps = try file.integers(name + ".steps").first ?? 0
    }
}
