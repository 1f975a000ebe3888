internal import ModelFiles
internal import ObjectAnomaly
internal import PixelAnomaly

/// What was learned about one camera, loaded and ready to judge frames.
public struct CameraProfile: Sendable {
    public let record: ProfileRecord
    let background: Background
    let pixels: PixelDetector
    /// Nil when too few objects were seen while learning; objects are then not judged.
    let objects: (normality: NormalityModel, calibration: ObjectCalibration)?

    /// Name and version, as events remember it: `yard v3`.
    public var identity: String { "\(record.camera) v\(record.version)" }

    /// What the operator should know about this profile; nil when nothing.
    public var warning: String? {
        guard objects == nil else { return nil }
        return "profile \(identity): too few objects were seen while learning, so only pixels are judged; "
            + "learn again with people or vehicles in view"
    }

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
            let pixels = try PixelProfile(SafetensorsFile(path: "\(folder)/\(ProfileStore.pixelsName)"))
            let background = try Background(SafetensorsFile(path: "\(folder)/\(ProfileStore.backgroundName)"))
            guard background.width == model.patchWidth,
                pixels.featureWidth == Background.describedWidth(model.patchWidth)
            else {
                throw AnalysisError(
                    .badProfile,
                    "\(folder): made for patch features of \(background.width) values, the model has \(model.patchWidth)"
                )
            }
            var objects: (NormalityModel, ObjectCalibration)?
            if record.objectClasses > 0 {
                let file = try SafetensorsFile(path: "\(folder)/\(ProfileStore.objectsName)")
                let normality = try NormalityModel(file)
                guard normality.featureWidth == model.objectWidth else {
                    throw AnalysisError(
                        .badProfile,
                        "\(folder): object features of \(normality.featureWidth) values, the model has \(model.objectWidth)"
                    )
                }
                objects = (normality, try ObjectCalibration(file))
            }
            return CameraProfile(
                record: record, background: background, pixels: PixelDetector(pixels), objects: objects)
        } catch let error as AnalysisError {
            throw error
        } catch {
            throw AnalysisError(.badProfile, "\(error); learn the camera again", cause: error)
        }
    }
}
