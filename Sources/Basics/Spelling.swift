/// Help with misspelt words.
public enum Spelling {
    /// `; did you mean `near`?`, or nothing where no allowed word is near.
    public static func hint(_ text: String, _ allowed: [String]) -> String {
        let near = allowed.map { ($0, distance(Array(text.lowercased()), Array($0))) }.min { $0.1 < $1.1 }
        guard let near, near.1 <= max(1, min(text.count, near.0.count) / 3) else { return "" }
        return "; did you mean `\(near.0)`?"
    }

    /// Single-character changes from one word to the other (Levenshtein).
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        var row = Array(0...second.count)
        for (i, character) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in second.enumerated() {
                let changed = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[second.count]
    }
}
