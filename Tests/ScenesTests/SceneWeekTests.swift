import Imaging
import Scenes
import Testing

@Suite struct SceneWeekTests {
    private func week(_ seed: UInt64 = 8, hasAnomalies: Bool = true) -> SceneWeek {
        SceneWeek(seed: seed, secondsPerDay: 720, width: 160, height: 96, hasAnomalies: hasAnomalies)
    }

    private func isGray(_ pixels: PixelBuffer) -> Bool {
        stride(from: 0, to: pixels.byteCount, by: 3).allSatisfy {
            pixels.bytes[$0] == pixels.bytes[$0 + 1] && pixels.bytes[$0] == pixels.bytes[$0 + 2]
        }
    }

    @Test(arguments: [1, 8, 20] as [UInt64])
    func `everything unknown is seen, under the circumstances that the script says, and nothing else is`(
        _ seed: UInt64
    ) throws {
        let week = week(seed)
        let renderer = SceneRenderer(week.description)
        var seen: [Int: [(second: Double, infrared: Bool)]] = [:]
        for frame in 0..<week.description.frameCount {
            let (pixels, truth) = renderer.render(frame)
            for object in truth.objects where object.isAnomaly && object.area > 20 {
                let second = Double(frame) / week.description.framesPerSecond
                seen[try #require(object.anomaly), default: []].append((second, isGray(pixels)))
            }
        }
        #expect(seen.count == week.occasions.count)
        for (index, occasion) in week.occasions.enumerated() {
            let sights = try #require(seen[index], "\(occasion)")
            #expect(sights.count >= 6, "\(occasion)")
            #expect(sights.allSatisfy { $0.second >= week.second(day: SceneWeek.calmDays, hour: 0) })
            let infrared = sights.count(where: \.infrared)
            switch occasion.circumstance {
            case .day: #expect(infrared == 0, "\(occasion)")
            case .night: #expect(infrared == sights.count, "\(occasion)")
            case .lightSwitch: #expect(infrared > 2 && infrared < sights.count - 2, "\(occasion)")
            case .rain:
                let rain = week.description.rain
                #expect(
                    sights.allSatisfy { sight in
                        rain.contains { $0.second < sight.second && sight.second < $0.second + $0.duration }
                    }, "\(occasion)")
            }
        }
        #expect(Set(week.occasions.map(\.circumstance)) == Set(SceneWeek.Circumstance.allCases))
    }

    @Test func `without anything unknown the week is the same to the pixel elsewhere`() {
        let whole = SceneRenderer(week().description)
        let calm = SceneRenderer(week(hasAnomalies: false).description)
        for frame in [0, 1500, 2000, 2890, 9000] where !whole.render(frame).truth.isAnomalous {
            #expect(whole.render(frame).pixels.bytes.elementsEqual(calm.render(frame).pixels.bytes))
        }
        #expect(week(hasAnomalies: false).occasions.isEmpty)
    }

    @Test func `nights are infrared, have fewer people, and the lamp switches twice a day`() {
        let week = week()
        let renderer = SceneRenderer(week.description)
        #expect(week.lightSwitches.count == 14)
        for (index, second) in week.lightSwitches.enumerated() {
            let frame = Int((second * week.description.framesPerSecond).rounded(.up))
            let isNight = index % 2 == 1
            #expect(isGray(renderer.render(frame - 1).pixels) != isNight)
            #expect(isGray(renderer.render(frame + 1).pixels) == isNight)
        }
        func people(_ hours: Range<Int>) -> Int {
            (0..<SceneWeek.days).reduce(0) { sum, day in
                hours.reduce(sum) { sum, hour in
                    let frame = Int(week.second(day: day, hour: Double(hour)) * week.description.framesPerSecond)
                    return sum + renderer.render(frame).truth.objects.count { $0.kind == .person }
                }
            }
        }
        #expect(people(0..<6) * 2 < people(10..<16))
        #expect(people(0..<6) > 0)
    }
}
