internal import ModelFiles
internal import Tensors

/// What a bundle's pixel score looks at: features of a grid of patches that covers the picture.
enum PatchFeatures: Sendable {
    /// From the detector's own pyramid, so that one backbone pass feeds both detectors.
    case pyramid(PyramidPatches)
    /// From a vision transformer with its own input.
    case transformer(TransformerPatches)

    /// - Throws: `ModelFileError` when the card names other features or the weights do not fit.
    init(_ bundle: ModelBundle, kind: String) throws(ModelFileError) {
        switch kind {
        case "fpn-p3-head": self = .pyramid(try PyramidPatches(bundle.weights))
        case "vit": self = .transformer(try TransformerPatches(bundle))
        default:
            throw ModelFileError(
                .badCard,
                "\(bundle.path)/card.json: architecture.pixel_features is \"\(kind)\"; this program runs fpn-p3-head and vit"
            )
        }
    }

    /// Length of a patch's feature vector.
    var width: Int {
        switch self {
        case .pyramid(let patches): patches.width
        case .transformer(let patches): patches.width
        }
    }
}
