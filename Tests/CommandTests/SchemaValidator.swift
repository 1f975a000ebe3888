import Foundation
import TestSupport

/// JSON Schema as far as docs/schema uses it. Beyond the standard, keys that no part of the schema names are a problem: the
/// programs may print nothing that is not documented.
struct SchemaValidator {
    private let root: [String: Any]
    private let folder: String

    /// - Parameter name: of a file in docs/schema.
    init(_ name: String) throws {
        folder = "\(SharedData.packageRoot)/docs/schema"
        root = try Self.read("\(folder)/\(name)")
    }

    private static func read(_ path: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any] ?? [:]
    }

    /// What is wrong with a document; empty when it conforms.
    func problems(_ json: String) throws -> [String] {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        return complete(value, root, root, "$")
    }

    /// Checks a value and that all its keys are known.
    private func complete(_ value: Any, _ schema: [String: Any], _ root: [String: Any], _ place: String) -> [String] {
        let (problems, keys) = check(value, schema, root, place)
        guard let object = value as? [String: Any] else { return problems }
        return problems + object.keys.filter { !keys.contains($0) }.sorted().map { "\(place): \($0) is not documented" }
    }

    private func check(
        _ value: Any, _ schema: [String: Any], _ root: [String: Any], _ place: String
    ) -> (problems: [String], keys: Set<String>) {
        var problems: [String] = []
        var keys: Set<String> = []
        if let reference = schema["$ref"] as? String {
            let (target, file) = resolve(reference, root)
            let found = check(value, target, file, place)
            problems += found.problems
            keys.formUnion(found.keys)
        }
        for part in schema["allOf"] as? [[String: Any]] ?? [] {
            let found = check(value, part, root, place)
            problems += found.problems
            keys.formUnion(found.keys)
        }
        if let parts = schema["oneOf"] as? [[String: Any]] {
            let all = parts.map { check(value, $0, root, place) }
            let fitting = all.filter { $0.problems.isEmpty }
            if fitting.count == 1 {
                keys.formUnion(fitting[0].keys)
            } else {
                problems.append("\(place): fits \(fitting.count) of \(parts.count) forms: \(all.map(\.problems))")
            }
        }
        problems += simple(value, schema, place)
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            keys.formUnion(properties.keys)
            for name in schema["required"] as? [String] ?? [] where object[name] == nil {
                problems.append("\(place): \(name) is missing")
            }
            for (name, part) in object {
                if let property = properties[name] {
                    problems += complete(part, property, root, "\(place).\(name)")
                } else if let others = schema["additionalProperties"] as? [String: Any] {
                    keys.insert(name)
                    problems += complete(part, others, root, "\(place).\(name)")
                }
            }
        }
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, part) in list.enumerated() { problems += complete(part, items, root, "\(place)[\(index)]") }
        }
        return (problems, keys)
    }

    /// What concerns a value by itself.
    private func simple(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        var problems: [String] = []
        if let type = schema["type"] as? String, !Self.isOf(type, value) { problems.append("\(place): is no \(type)") }
        if let allowed = schema["enum"] as? [NSObject], !allowed.contains(where: { $0.isEqual(value) }) {
            problems.append("\(place): \(value) is none of \(allowed)")
        }
        if let only = schema["const"] as? NSObject, !only.isEqual(value) { problems.append("\(place): is not \(only)") }
        if let pattern = schema["pattern"] as? String, let text = value as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            problems.append("\(place): \(text) does not match \(pattern)")
        }
        if let least = schema["minimum"] as? Double, let number = value as? Double, number < least {
            problems.append("\(place): \(number) is below \(least)")
        }
        return problems
    }

    private func resolve(_ reference: String, _ root: [String: Any]) -> ([String: Any], [String: Any]) {
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? root : (try? Self.read("\(folder)/\(parts[0])")) ?? [:]
        var target: [String: Any] = file
        for step in (parts.count > 1 ? parts[1] : "").split(separator: "/") {
            target = target[String(step)] as? [String: Any] ?? ["const": "\(reference) does not exist"]
        }
        return (target, file)
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        // Numbers and truth values are the same class.
        let isTruth = (value as? NSNumber).map { CFBooleanCheck.isTruth($0) } ?? false
        switch type {
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "string": return value is String
        case "boolean": return isTruth
        case "number": return value is NSNumber && !isTruth
        case "integer": return !isTruth && (value as? Double).map { $0 == $0.rounded() } ?? false
        default: return false
        }
    }
}

private enum CFBooleanCheck {
    static func isTruth(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
