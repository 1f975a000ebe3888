internal import ModelFiles
internal import ObjectAnomaly
internal import PixelAnomaly

/// What the pixels of one camera normally look like.
struct PixelNormality: Sendable {
    let background: Background
    let detector: PixelDetector
}

/// What the objects of one camera normally look like.
struct ObjectNormality: Sendable {
    let model: NormalityModel
    let calibration: ObjectCalibration
}

/// What was learned about one camera, loaded and ready to judge frames.
public struct CameraProfile: Sendable {
    public let record: ProfileRecord
    /// Nil when the model has no pixel features.
    let pixels: PixelNormality?
    /// Nil when the model has no detector or too few objects were seen while learning; objects are then not judged.
    let objects: ObjectNormality?
    /// What the operator should know about this profile; nil when nothing.
    public let warning: String?

    /// Name and version, as events remember it: `yard v3`.
    public var identity: String { record.identity }

    /// Loads the version in force.
    /// - Throws: `AnalysisError` (`missingProfile`, `badProfile`, `profileOfOtherModel`).
    public static func load(
        _ profile: String, from store: ProfileStore, for model: AnomalyModel
    ) throws(AnalysisError) -> CameraProfile {
        let (record, folder) = try store.current(profile)
        return try load(record, folder: folder, profile: profile, for: model)
    }

    /// Loads a version folder whose files were verified.
    static func load(
        _ record: ProfileRecord, folder: String, profile: String, for model: AnomalyModel
    ) throws(AnalysisError) -> CameraProfile {
        guard record.model == model.identity else {
            throw AnalysisError(
                .profileOfOtherModel,
                "\(folder): learned with model \(record.model), the configuration names \(model.identity); learn the "
                    + "camera again: monitorctl learn --camera \(profile)")
        }
        do {
            let pixels = model.patches != nil ? try pixels(folder, for: model) : nil
            let objects = record.objectClasses > 0 ? try objects(folder, for: model) : nil
            let warning =
                objects == nil && model.detector != nil
                ? """
                profile \(record.identity): too few objects were seen while learning, so only pixels are judged; learn \
                again with people or vehicles in view
                """ : nil
            return CameraProfile(record: record, pixels: pixels, objects: objects, warning: warning)
        } catch let error as AnalysisError {
            throw error
        } catch {
            throw AnalysisError(.badProfile, "\(error); learn the camera again", cause: error)
        }
    }

    private static func pixels(_ folder: String, for model: AnomalyModel) throws -> PixelNormality {
        let profile = try PixelProfile(SafetensorsFile(path: "\(folder)/\(ProfileStore.pixelsName)"))
        let background = try Background(SafetensorsFile(path: "\(folder)/\(ProfileStore.backgroundName)"))
        guard background.width == model.patchWidth,
            profile.featureWidth == Background.describedWidth(model.patchWidth)
        else {
            throw AnalysisError(
                .badProfile,
                "\(folder): made for patch features of \(background.width) values, the model has \(model.patchWidth)")
        }
        return PixelNormality(background: background, detector: PixelDetector(profile))
    }

    private static func objects(_ folder: String, for model: AnomalyModel) throws -> ObjectNormality {
        let file = try SafetensorsFile(path: "\(folder)/\(ProfileStore.objectsName)")
        let normality = try NormalityModel(file)
        guard normality.featureWidth == model.objectWidth else {
            throw AnalysisError(
                .badProfile,
                "\(folder): object features of \(normality.featureWidth) values, the model has \(model.objectWidth)")
        }
        return ObjectNormality(model: normality, calibration: try ObjectCalibration(file))
    }
}
