internal import Basics
internal import Tensors

/// Where a step's outliers come from.
enum OutlierSource {
    /// From the rims of the classes' distributions: so many of each class.
    case gaussian(TiedGaussians, OutlierSampler)
    /// The least likely ones among those that the flow, which learned on whitened features, makes of noise. Making them
    /// costs far more than drawing from a normal distribution, so an epoch's steps share one pool.
    case flow(CouplingFlow, Whitening, pool: Tensor?, state: UInt64)

    /// Makes a new epoch's pool: one outlier of `settings.drawsPerOutlier` draws.
    mutating func refill(_ settings: ObjectLearningSettings, pool cores: ComputePool) {
        guard case .flow(let flow, let whitening, _, var state) = self else { return }
        let noise = Tensor([max(settings.flow.drawsPerEpoch, settings.drawsPerOutlier), flow.featureWidth])
        noise.fillWithNormals(&state)
        let kept = max(1, noise.shape[0] / settings.drawsPerOutlier)
        let outliers = flow.leastLikely(kept, of: noise, pool: cores).outliers
        self = .flow(flow, whitening, pool: whitening.inverse(outliers), state: state)
    }

    /// About `count` outliers `[count, D]`.
    mutating func outliers(_ count: Int, random: inout SeededGenerator) -> Tensor {
        switch self {
        case .gaussian(let gaussians, var sampler):
            let outliers = sampler.outliers(of: gaussians, perClass: max(1, count / gaussians.classCount))
            self = .gaussian(gaussians, sampler)
            return outliers
        case .flow(let flow, _, let pool, _):
            guard let pool, pool.shape[0] > 0 else { return Tensor([0, flow.featureWidth]) }
            return pool.gathering((0..<count).map { _ in random.index(below: pool.shape[0]) })
        }
    }
}
