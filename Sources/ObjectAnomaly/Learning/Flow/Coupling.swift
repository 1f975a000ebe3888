internal import CKernels
package import ModelFiles
package import Tensors

/// A GLOW coupling (Kingma and Dhariwal 2018): each half of a row is scaled and shifted by what a network makes of the other.
///
/// The first half comes first: y1 = exp(s2(x2)) x1 + t2(x2), then y2 = exp(s1(y1)) x2 + t1(y1).
package struct Coupling: Sendable {
    /// From the first half to the second one's scales and shifts.
    let fromFirst: CouplingNetwork
    /// From the second half to the first one's.
    let fromSecond: CouplingNetwork

    /// Reads `<prefix>.subnet1` and `<prefix>.subnet2`.
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, or shapes do not fit.
    package init(_ source: any TensorSource, _ prefix: String) throws(ModelFileError) {
        fromFirst = try CouplingNetwork(source, prefix + ".subnet1")
        fromSecond = try CouplingNetwork(source, prefix + ".subnet2")
        guard fromFirst.outputs == 2 * fromSecond.inputs, fromSecond.outputs == 2 * fromFirst.inputs else {
            throw ModelFileError(.wrongShape, "\(source.origin): the networks of \(prefix) do not fit each other")
        }
    }

    /// Zeros.
    init(width: Int, hidden: Int) {
        let (front, back) = (width / 2, width - width / 2)
        fromFirst = CouplingNetwork(inputs: front, hidden: hidden, outputs: 2 * back)
        fromSecond = CouplingNetwork(inputs: back, hidden: hidden, outputs: 2 * front)
    }

    /// Zeros of the same layout.
    init(like other: Coupling) {
        fromFirst = CouplingNetwork(like: other.fromFirst)
        fromSecond = CouplingNetwork(like: other.fromSecond)
    }

    package var width: Int { fromFirst.inputs + fromSecond.inputs }
    private var split: Int { fromFirst.inputs }

    /// What the backward pass needs of a forward one; borrowed.
    package struct Trace {
        let input: Tensor
        let first: (hidden: Tensor, outputs: Tensor)
        let second: (hidden: Tensor, outputs: Tensor)

        package func giveBack(to workspace: Workspace) {
            for tensor in [input, first.hidden, first.outputs, second.hidden, second.outputs] {
                workspace.giveBack(tensor)
            }
        }
    }

    /// Replaces rows `[N, width]` by what the coupling makes of them and adds to their log-determinants.
    package func forward(_ rows: Tensor, logDeterminants: Tensor, workspace: Workspace) -> Trace {
        let count = rows.shape[0]
        let input = workspace.borrow(rows.shape)
        input.pointer.update(from: rows.pointer, count: rows.count)
        let (front, back) = (rows.pointer, rows.pointer + split)
        let second = fromSecond(back, stride: width, rows: count, workspace: workspace)
        ck_couple(second.outputs.pointer, count, split, front, front, width, logDeterminants.pointer)
        let first = fromFirst(front, stride: width, rows: count, workspace: workspace)
        ck_couple(first.outputs.pointer, count, width - split, back, back, width, logDeterminants.pointer)
        return Trace(input: input, first: first, second: second)
    }

    /// Undoes `forward`; the log-determinants become those of the inverse.
    func inverse(_ rows: Tensor, logDeterminants: Tensor, workspace: Workspace) {
        let count = rows.shape[0]
        let (front, back) = (rows.pointer, rows.pointer + split)
        let first = fromFirst(front, stride: width, rows: count, workspace: workspace)
        ck_uncouple(first.outputs.pointer, count, width - split, back, back, width, logDeterminants.pointer)
        let second = fromSecond(back, stride: width, rows: count, workspace: workspace)
        ck_uncouple(second.outputs.pointer, count, split, front, front, width, logDeterminants.pointer)
        for tensor in [first.hidden, first.outputs, second.hidden, second.outputs] { workspace.giveBack(tensor) }
    }

    /// Replaces the gradient of the results by that of the input and writes the parameters'.
    ///
    /// - Parameters:
    ///   - outputs: what `forward` made of the rows.
    ///   - slope: gradient of each row's log-determinant.
    func backward(
        _ trace: Trace, outputs: Tensor, gradient rows: Tensor, slope: Float, into parameters: Coupling,
        workspace: Workspace
    ) {
        let count = rows.shape[0]
        let (front, back) = (rows.pointer, rows.pointer + split)
        let firstGradient = workspace.borrow(trace.first.outputs.shape)
        ck_couple_gradient(
            trace.first.outputs.pointer, count, width - split, trace.input.pointer + split, slope, back, width,
            firstGradient.pointer)
        fromFirst.backward(
            outputs.pointer, stride: width, activation: trace.first.hidden, outputGradient: firstGradient,
            into: parameters.fromFirst, inputGradient: front, workspace: workspace)
        let secondGradient = workspace.borrow(trace.second.outputs.shape)
        ck_couple_gradient(
            trace.second.outputs.pointer, count, split, trace.input.pointer, slope, front, width,
            secondGradient.pointer)
        fromSecond.backward(
            trace.input.pointer + split, stride: width, activation: trace.second.hidden,
            outputGradient: secondGradient, into: parameters.fromSecond, inputGradient: back, workspace: workspace)
        workspace.giveBack(firstGradient)
        workspace.giveBack(secondGradient)
    }
}
