package import Basics
internal import CKernels
public import ModelFiles
package import Tensors

/// The invertible network of OLN-FFS that learns the density of object features: two couplings, each followed by a fixed
/// permutation. Its density tells how unlikely a feature vector is, and its inverse makes new ones from noise.
public struct CouplingFlow: Sendable {
    private let couplings: [Coupling]
    private let permutations: [[Int]]

    /// Reads `<prefix>.module_list.{0,2}.subnet{1,2}.{0,2}` and `.module_list.{1,3}.perm`; a permutation that is absent is
    /// the published one (numpy's for seed 0 and 1).
    /// - Throws: `ModelFileError` when a tensor is missing, not finite, no permutation, or shapes do not fit.
    public init(_ source: any TensorSource, prefix: String = "roi_head.flow_model") throws(ModelFileError) {
        var couplings: [Coupling] = []
        var permutations: [[Int]] = []
        for index in 0..<2 {
            let coupling = try Coupling(source, "\(prefix).module_list.\(2 * index)")
            let name = "\(prefix).module_list.\(2 * index + 1).perm"
            let order =
                source.contains(name)
                ? try source.integers(name).map { Int($0) }
                : Self.publishedPermutation(coupling.width, seed: UInt32(index))
            guard coupling.width == couplings.first?.width ?? coupling.width else {
                throw ModelFileError(.wrongShape, "\(source.origin): the couplings of \(prefix) do not fit each other")
            }
            guard order.sorted() == Array(0..<coupling.width) else {
                throw ModelFileError(
                    .wrongShape, "\(source.origin): tensor \(name) is no permutation of \(coupling.width) values")
            }
            couplings.append(coupling)
            permutations.append(order)
        }
        self.couplings = couplings
        self.permutations = permutations
    }

    /// Leaves every row as it is, but for its order: the networks' last layers begin at 0, the first ones at random.
    package init(width: Int, hidden: Int, random: inout SeededGenerator) {
        precondition(width > 1 && hidden > 0)
        var state = random.next()
        couplings = (0..<2).map { _ in
            let coupling = Coupling(width: width, hidden: hidden)
            for network in [coupling.fromFirst, coupling.fromSecond] {
                network.tensors[0].fillWithNormals(&state)
                network.tensors[0].scale(by: (2 / Float(network.inputs)).squareRoot())
            }
            return coupling
        }
        permutations = (0..<2).map { Self.publishedPermutation(width, seed: $0) }
    }

    private init(couplings: [Coupling], permutations: [[Int]]) {
        self.couplings = couplings
        self.permutations = permutations
    }

    /// The permutation that the authors' code makes for a seed.
    package static func publishedPermutation(_ width: Int, seed: UInt32) -> [Int] {
        var random = MersenneTwister(seed: seed)
        return random.permutation(width)
    }

    /// Zeros of the same layout, to take a gradient.
    package func zeros() -> CouplingFlow {
        CouplingFlow(couplings: couplings.map { Coupling(like: $0) }, permutations: permutations)
    }

    /// Length of a feature vector.
    public var featureWidth: Int { couplings[0].width }

    /// The parameters by their names behind the prefix, shared, not copied.
    package var named: [String: Tensor] {
        var named: [String: Tensor] = [:]
        for (index, coupling) in couplings.enumerated() {
            for (number, network) in [coupling.fromFirst, coupling.fromSecond].enumerated() {
                for (name, tensor) in zip(CouplingNetwork.names, network.tensors) {
                    named["module_list.\(2 * index).subnet\(number + 1)\(name)"] = tensor
                }
            }
        }
        return named
    }

    /// The parameters in an order that all flows of one layout share.
    package var parameters: [Tensor] { couplings.flatMap { $0.fromFirst.tensors + $0.fromSecond.tensors } }

    /// Rows of noise or features that a core takes at a time.
    private static let block = 256

    // MARK: Both directions

    /// What rows `[N, D]` become, and the logarithm of the volume change of each, `[N]`.
    package func forward(_ rows: Tensor, workspace: Workspace) -> (values: Tensor, logDeterminants: Tensor) {
        let values = Tensor(rows.shape, rows.elements)
        let logDeterminants = Tensor([rows.shape[0]], repeating: 0)
        for (index, coupling) in couplings.enumerated() {
            coupling.forward(values, logDeterminants: logDeterminants, workspace: workspace).giveBack(to: workspace)
            permute(values, index, backwards: false, workspace: workspace)
        }
        return (values, logDeterminants)
    }

    /// Undoes `forward`; the log-determinants are those of this direction.
    package func inverse(_ rows: Tensor, workspace: Workspace) -> (values: Tensor, logDeterminants: Tensor) {
        let values = Tensor(rows.shape, rows.elements)
        let logDeterminants = Tensor([rows.shape[0]], repeating: 0)
        for index in couplings.indices.reversed() {
            permute(values, index, backwards: true, workspace: workspace)
            couplings[index].inverse(values, logDeterminants: logDeterminants, workspace: workspace)
        }
        return (values, logDeterminants)
    }

    private func permute(_ rows: Tensor, _ index: Int, backwards: Bool, workspace: Workspace) {
        let order = permutations[index]
        let copy = workspace.borrow([order.count])
        for row in 0..<rows.shape[0] {
            let values = rows.row(row)
            copyRow(values, to: copy.pointer, order.count)
            if backwards {
                for (target, source) in order.enumerated() { values[source] = copy.pointer[target] }
            } else {
                for (target, source) in order.enumerated() { values[target] = copy.pointer[source] }
            }
        }
        workspace.giveBack(copy)
    }

    // MARK: Likelihood

    /// Negative log-likelihood of each row under a standard normal at the flow's end, `[N]`: half of the sum of z² + ln 2π,
    /// plus D ln 256 (the authors' constant), minus the log-determinant.
    package func surprises(_ values: Tensor, logDeterminants: Tensor) -> Tensor {
        let surprises = Tensor([values.shape[0]])
        ck_flow_surprise(
            values.pointer, values.shape[0], featureWidth, logDeterminants.pointer,
            Double(featureWidth) * 5.545177444479562, surprises.pointer)
        return surprises
    }

    /// Mean negative log-likelihood of rows `[N, D]`, and its gradient.
    ///
    /// - Parameters:
    ///   - gradient: receives that of the parameters; overwritten.
    ///   - rowGradient: when given, receives that of the rows. The authors train the flow alone, not the features.
    package func likelihoodLoss(
        _ rows: Tensor, gradient: CouplingFlow, rowGradient: Tensor? = nil, workspace: Workspace
    ) -> Double {
        let count = rows.shape[0]
        precondition(rows.shape == [count, featureWidth] && count > 0)
        let values = workspace.borrow(rows.shape)
        values.pointer.update(from: rows.pointer, count: rows.count)
        let logDeterminants = workspace.borrow([count])
        logDeterminants.fill(0)
        var traces: [Coupling.Trace] = []
        var outputs: [Tensor] = []
        for (index, coupling) in couplings.enumerated() {
            traces.append(coupling.forward(values, logDeterminants: logDeterminants, workspace: workspace))
            outputs.append(workspace.borrow(rows.shape))
            outputs[index].pointer.update(from: values.pointer, count: values.count)
            permute(values, index, backwards: false, workspace: workspace)
        }
        let loss = surprises(values, logDeterminants: logDeterminants).array.reduce(0.0) { $0 + Double($1) }
        values.scale(by: 1 / Float(count))
        for index in couplings.indices.reversed() {
            permute(values, index, backwards: true, workspace: workspace)
            couplings[index].backward(
                traces[index], outputs: outputs[index], gradient: values, slope: -1 / Float(count),
                into: gradient.couplings[index], workspace: workspace)
            traces[index].giveBack(to: workspace)
            workspace.giveBack(outputs[index])
        }
        rowGradient?.pointer.update(from: values.pointer, count: values.count)
        workspace.giveBack(values)
        workspace.giveBack(logDeterminants)
        return loss / Double(count)
    }

    // MARK: Outliers

    /// The feature vectors, of those that rows of noise `[N, D]` turn into, that the flow itself finds least likely; one is
    /// the outlier of a published FFS training step.
    ///
    /// - Returns: their rows, least likely first, their values `[kept, D]`, and the negative log-likelihood of every row.
    package func leastLikely(
        _ kept: Int = 1, of noise: Tensor, pool: ComputePool
    ) -> (rows: [Int], outliers: Tensor, surprises: Tensor) {
        let (count, width) = (noise.shape[0], featureWidth)
        precondition(noise.shape == [count, width] && count > 0)
        let made = Tensor(noise.shape)
        let surprises = Tensor([count])
        let chunks = (count + Self.block - 1) / Self.block
        pool.forEach(chunks) { @Sendable chunk in
            let range = chunk * Self.block..<min(count, (chunk + 1) * Self.block)
            let workspace = Workspace()
            let part = Tensor([range.count, width])
            part.pointer.update(from: noise.row(range.lowerBound), count: part.count)
            let (features, logDeterminants) = inverse(part, workspace: workspace)
            // The authors run the flow forwards again for its log-determinant, which is minus the inverse's.
            logDeterminants.scale(by: -1)
            let found = self.surprises(part, logDeterminants: logDeterminants)
            withExtendedLifetime((features, found)) {
                made.row(range.lowerBound).update(from: features.pointer, count: features.count)
                (surprises.pointer + range.lowerBound).update(from: found.pointer, count: range.count)
            }
        }
        let order = (0..<count).sorted { (surprises.pointer[$1], $0) < (surprises.pointer[$0], $1) }
        let rows = Array(order.prefix(kept))
        return (rows, made.gathering(rows), surprises)
    }
}
