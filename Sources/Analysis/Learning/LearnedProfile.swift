/// A complete new version that is not in force yet.
public struct LearnedProfile: Sendable {
    /// Ready to judge frames with.
    public let profile: CameraProfile
    /// What the operator should know about the material, one line each.
    public let notes: [String]
    /// Where its files lie.
    let folder: String
}
