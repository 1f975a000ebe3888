internal import CKernels
internal import ModelFiles
internal import Tensors

/// The network inside a coupling: two linear layers with a rectifier between, `[rows, inputs]` to `[rows, outputs]`.
struct CouplingNetwork: Sendable {
    /// `[hidden, inputs]`, `[hidden]`, `[outputs, hidden]`, `[outputs]`.
    let tensors: [Tensor]

    /// The parameters' names behind the network's own.
    static let names = [".0.weight", ".0.bias", ".2.weight", ".2.bias"]

    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    init(_ source: any TensorSource, _ prefix: String) throws(ModelFileError) {
        let first = try source.parameter(prefix + Self.names[0])
        let outputs = try source.parameter(prefix + Self.names[3]).count
        guard first.shape.rank == 2 else {
            throw ModelFileError(.wrongShape, "\(source.origin): tensor \(prefix).0.weight has shape \(first.shape)")
        }
        let hidden = first.shape[0]
        tensors = [
            first, try source.parameter(prefix + Self.names[1], shape: [hidden]),
            try source.parameter(prefix + Self.names[2], shape: [outputs, hidden]),
            try source.parameter(prefix + Self.names[3]),
        ]
    }

    /// Zeros.
    init(inputs: Int, hidden: Int, outputs: Int) {
        let shapes: [Shape] = [[hidden, inputs], [hidden], [outputs, hidden], [outputs]]
        tensors = shapes.map { Tensor($0, repeating: 0) }
    }

    /// Zeros of the same layout.
    init(like other: CouplingNetwork) {
        self.init(inputs: other.inputs, hidden: other.hidden, outputs: other.outputs)
    }

    var inputs: Int { tensors[0].shape[1] }
    var hidden: Int { tensors[0].shape[0] }
    var outputs: Int { tensors[2].shape[0] }

    /// Hidden activations and outputs of rows that begin `stride` values apart; both borrowed.
    func callAsFunction(
        _ input: UnsafePointer<Float>, stride: Int, rows: Int, workspace: Workspace
    ) -> (hidden: Tensor, outputs: Tensor) {
        let activation = workspace.borrow([rows, hidden])
        let result = workspace.borrow([rows, outputs])
        multiply(
            m: rows, n: hidden, k: inputs, input, lda: stride, .none, tensors[0].pointer, ldb: inputs, .transposed,
            into: activation.pointer, ldc: hidden)
        ck_add_bias(activation.pointer, rows, hidden, tensors[1].pointer, 1)
        multiply(
            m: rows, n: outputs, k: hidden, activation.pointer, lda: hidden, .none, tensors[2].pointer, ldb: hidden,
            .transposed, into: result.pointer, ldc: outputs)
        ck_add_bias(result.pointer, rows, outputs, tensors[3].pointer, 0)
        return (activation, result)
    }

    /// Writes the parameters' gradient and adds the input's to `inputGradient`.
    func backward(
        _ input: UnsafePointer<Float>, stride: Int, activation: Tensor, outputGradient: Tensor,
        into gradient: CouplingNetwork, inputGradient: UnsafeMutablePointer<Float>, workspace: Workspace
    ) {
        let rows = activation.shape[0]
        let hiddenGradient = workspace.borrow([rows, hidden])
        let g = gradient.tensors
        multiply(
            m: outputs, n: hidden, k: rows, outputGradient.pointer, lda: outputs, .transposed, activation.pointer,
            ldb: hidden, into: g[2].pointer, ldc: hidden)
        sumRows(outputGradient, into: g[3])
        multiply(
            m: rows, n: hidden, k: outputs, outputGradient.pointer, lda: outputs, .none, tensors[2].pointer,
            ldb: hidden, into: hiddenGradient.pointer, ldc: hidden)
        ck_rectifier_gradient(activation.pointer, hiddenGradient.pointer, rows * hidden)
        multiply(
            m: hidden, n: inputs, k: rows, hiddenGradient.pointer, lda: hidden, .transposed, input, ldb: stride,
            into: g[0].pointer, ldc: inputs)
        sumRows(hiddenGradient, into: g[1])
        multiply(
            m: rows, n: inputs, k: hidden, hiddenGradient.pointer, lda: hidden, .none, tensors[0].pointer, ldb: inputs,
            beta: 1, into: inputGradient, ldc: stride)
        workspace.giveBack(hiddenGradient)
    }
}
