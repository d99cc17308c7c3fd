import AgentService
import CoreMetrics
import Glibc
import Posix
import TestSupport
import Testing

@Suite struct MetricsTests {
    /// What the client library of Prometheus reads in a text: `name{a=1} value`, of each sample, in its order.
    private static let reader = """
        import sys
        from prometheus_client.parser import text_string_to_metric_families
        for family in text_string_to_metric_families(sys.stdin.read()):
            print("family", family.name, family.type, repr(family.documentation))
            for sample in family.samples:
                print(sample.name, sorted(sample.labels.items()), sample.value)
        """
    static let hasReader = access("/usr/bin/python3", X_OK) == 0
        && access("/usr/lib/python3/dist-packages/prometheus_client/__init__.py", F_OK) == 0

    private func read(_ text: String) throws -> [String] {
        let finished = try run("/usr/bin/python3", ["-c", MetricsTests.reader], input: text)
        guard finished.succeeded else { throw TestFailure("\(finished.all) in \(text)") }
        return finished.output.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: hasReader)) func prometheusReadsAllKinds() throws {
        let metrics = PrometheusMetrics(
            help: ["agent.rounds": "Rounds.\nWith a \\ in it.", "agent.round": "How long."], buckets: [0.1, 1, 10])
        Counter(label: "agent.rounds", dimensions: [("environment", "production"), ("result", "failed")], factory: metrics).increment(by: 2)
        Counter(label: "agent.rounds", dimensions: [("result", "ok"), ("environment", "production")], factory: metrics).increment()
        // The same series as the first.
        Counter(label: "agent.rounds", dimensions: [("result", "failed"), ("environment", "production")], factory: metrics).increment()
        FloatingPointCounter(label: "agent.bytes_total", factory: metrics).increment(by: 1.5)
        Meter(label: "drift objects", factory: metrics).set(7)
        Meter(label: "drift objects", factory: metrics).decrement()
        Gauge(label: "is_leader", factory: metrics).record(1)
        let timer = Timer(label: "agent.round", factory: metrics)
        timer.recordNanoseconds(50_000_000)
        timer.recordNanoseconds(1_000_000_000)
        timer.recordNanoseconds(20_000_000_000)
        Recorder(label: "sizes", dimensions: [("le", "x"), ("__a", "y")], factory: metrics).record(5)
        #expect(
            try read(metrics.render()) == [
                "family agent_bytes counter ''", "agent_bytes_total [] 1.5", "family agent_round_seconds histogram 'How long.'",
                "agent_round_seconds_bucket [('le', '0.1')] 1.0", "agent_round_seconds_bucket [('le', '1')] 2.0",
                "agent_round_seconds_bucket [('le', '10')] 2.0", "agent_round_seconds_bucket [('le', '+Inf')] 3.0",
                "agent_round_seconds_sum [] 21.05", "agent_round_seconds_count [] 3.0",
                #"family agent_rounds counter 'Rounds.\nWith a \\ in it.'"#,
                "agent_rounds_total [('environment', 'production'), ('result', 'failed')] 3.0",
                "agent_rounds_total [('environment', 'production'), ('result', 'ok')] 1.0", "family drift_objects gauge ''",
                "drift_objects [] 6.0", "family is_leader gauge ''", "is_leader [] 1.0", "family sizes histogram ''",
                "sizes_bucket [('exported_a', 'y'), ('exported_le', 'x'), ('le', '0.1')] 0.0",
                "sizes_bucket [('exported_a', 'y'), ('exported_le', 'x'), ('le', '1')] 0.0",
                "sizes_bucket [('exported_a', 'y'), ('exported_le', 'x'), ('le', '10')] 1.0",
                "sizes_bucket [('exported_a', 'y'), ('exported_le', 'x'), ('le', '+Inf')] 1.0",
                "sizes_sum [('exported_a', 'y'), ('exported_le', 'x')] 5.0", "sizes_count [('exported_a', 'y'), ('exported_le', 'x')] 1.0",
            ])
    }

    @Test(.enabled(if: hasReader)) func hostileLabelsAreOnlyValues() throws {
        let metrics = PrometheusMetrics()
        let value = "a\"} 1\nevil{b=\"\\\\n\t\u{1b}[31mä,}"
        Counter(label: "9 x\ny", dimensions: [("a b\n", value), ("", "empty"), ("0", "digit")], factory: metrics).increment()
        let lines = try read(metrics.render())
        #expect(lines.count == 2)
        #expect(lines.first == "family _9_x_y counter ''")
        #expect(lines.last?.hasPrefix("_9_x_y_total [('_', 'empty'), ('_0', 'digit'), ('a_b_', 'a\"} 1\\nevil{b=\"") ?? false, "\(lines)")
        #expect(lines.last?.hasSuffix("1.0") ?? false)
    }

    @Test func aNameBelongsToOneKind() {
        let metrics = PrometheusMetrics()
        Timer(label: "x", factory: metrics).recordNanoseconds(1)
        Gauge(label: "x_seconds", factory: metrics).record(1)
        Counter(label: "x_seconds_count", factory: metrics).increment()
        Gauge(label: "x_seconds_count", factory: metrics).record(77)
        let text = metrics.render()
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") } == ["# TYPE x_seconds histogram", "# TYPE x_seconds_count_total counter"])
        #expect(!text.contains("77"))
    }

    @Test func whatCannotBeCountedChangesNothing() {
        let metrics = PrometheusMetrics()
        let counter = FloatingPointCounter(label: "c", factory: metrics)
        counter.increment(by: -1)
        counter.increment(by: Double.nan)
        counter.increment(by: Double.infinity)
        Recorder(label: "r", factory: metrics).record(Double.nan)
        Gauge(label: "g", factory: metrics).record(Double.infinity)
        let lines = metrics.render().split(separator: "\n")
        #expect(lines.contains("c_total 0"))
        #expect(lines.contains("r_count 0"))
        #expect(lines.contains("r_sum 0"))
        #expect(lines.contains("g +Inf"))
    }

    @Test func thereAreNoMoreSeriesThanAllowed() {
        let metrics = PrometheusMetrics(mostSeries: 3)
        let counters = (0..<10).map { Counter(label: "c", dimensions: [("n", "\($0)")], factory: metrics) }
        for counter in counters { counter.increment() }
        #expect(metrics.render() == "# TYPE c_total counter\nc_total{n=\"0\"} 1\nc_total{n=\"1\"} 1\nc_total{n=\"2\"} 1\n")
        // What is destroyed makes room.
        counters[0].destroy()
        Gauge(label: "g", factory: metrics).record(1)
        #expect(metrics.render().contains("g 1\n"))
        #expect(!metrics.render().contains("n=\"0\""))
    }

    @Test func manyThreadsCountTogether() {
        let metrics = PrometheusMetrics()
        concurrently(8) { part in
            for number in 0..<1000 {
                Counter(label: "c", dimensions: [("n", "\(number % 10)")], factory: metrics).increment()
                Timer(label: "t", factory: metrics).recordNanoseconds(Int64(part))
                if number % 100 == 0 { _ = metrics.render() }
            }
        }
        let text = metrics.render()
        #expect(text.contains("c_total{n=\"3\"} 800\n"))
        #expect(text.contains("t_seconds_count 8000\n"))
    }
}
