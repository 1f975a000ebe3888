import Alerting
import Testing

@Suite struct ZoneReportTests {
    private func report(_ zones: Zone...) -> ZoneReport { ZoneReport(zones) }

    @Test func soundZonesAreNotComplainedOf() {
        let report = report(
            ZoneTests.zone("lawn", .include, 0, 0.5, 1, 1), ZoneTests.zone("road", .ignore, 0, 0, 1, 0.25),
            ZoneTests.zone("window", .privacy, 0.4, 0.3, 0.6, 0.4))
        #expect(report.warnings == [])
        #expect(report.shares.map { ZoneReport.percent($0.share) } == ["50.0 %", "25.0 %", "2.0 %"])
        #expect(abs(report.counting - 0.5) < 0.001)
        #expect(ZoneReport([]).counting == 1 && ZoneReport([]).warnings == [])
    }

    @Test func whatIsProbablyAMistakeIsNamed() {
        let far = ZoneTests.zone("far", .ignore, 0, 0, 0.02, 0.02)
        #expect(report(far).warnings == ["far is tiny: 0.0 % of the picture"])
        let all = ZoneTests.zone("all", .include, 0, 0, 1, 1)
        #expect(report(all).warnings == ["all covers the whole picture: it changes nothing"])
        let black = ZoneTests.zone("black", .privacy, 0, 0, 1, 1)
        #expect(
            report(black).warnings == [
                "black covers the whole picture: every picture is black",
                "ignore and privacy zones cover everything: nothing can ever count",
            ])
        #expect(report(black).counting == 0)
        let (left, right) = (
            ZoneTests.zone("left", .ignore, 0, 0, 0.6, 1), ZoneTests.zone("right", .privacy, 0.5, 0, 1, 1)
        )
        #expect(
            report(left, right).warnings == [
                "ignore and privacy zones cover everything: nothing can ever count", "20.0 % of right lies in left",
            ])
        let (door, gate) = (
            ZoneTests.zone("door", .include, 0.125, 0.125, 0.5, 0.375),
            ZoneTests.zone("gate", .include, 0.375, 0, 0.8, 1)
        )
        #expect(
            report(left, door).warnings == [
                "door lies in ignore and privacy zones: nothing in it can ever count",
                "100.0 % of door lies in left: what is mostly there does not count",
            ])
        #expect(report(door, gate).warnings == ["33.3 % of door lies in gate: what is there belongs to both"])
        // A touching border is none.
        #expect(report(left, ZoneTests.zone("edge", .include, 0.6, 0, 1, 1)).warnings == [])
    }
}
