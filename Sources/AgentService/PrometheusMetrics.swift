// AgentService: what the agent is to the network and to those who run it: its endpoints over HTTP, metrics, log,
// election of a leader, and the texts that install it.
// It knows nothing of git, of environments and of deployments; whoever starts it says what they are called.

public import CoreMetrics
import Synchronization

/// Metrics in memory, shown in the text format 0.0.4 of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
///
/// Counters become counters whose names end in `_total`; meters and gauges become gauges; recorders become
/// histograms, and so do timers, in seconds and with names that end in `_seconds`. What names cannot have becomes
/// `_`, so `agent.rounds` is `agent_rounds_total`.
///
/// It holds one series for each name with each set of labels that was used, and never more than `mostSeries`. What
/// is beyond, and what would have the name of a metric of another type, is counted nowhere.
public final class PrometheusMetrics: MetricsFactory {
    /// The type of a body as HTTP calls it.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// For what takes from some milliseconds to some minutes.
    public static let secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

    private let help: [String: String]
    private let buckets: [Double]
    private let mostSeries: Int
    private let state = Mutex(State())

    private struct State {
        /// By the name that is shown.
        var families: [String: Family] = [:]
        /// Which family each name on a line belongs to; a histogram has several.
        var names: [String: String] = [:]
        var series = 0
    }

    private struct Family {
        var kind: MetricKind
        var help: String?
        /// By their labels as they are shown, without braces.
        var series: [String: any MetricSeries] = [:]
    }

    /// - Parameters:
    ///   - help: what metrics mean, by the labels that they are made with (`agent.rounds`).
    ///   - buckets: the upper bounds of histograms; infinity need not be named.
    ///   - mostSeries: the most series that are held at once.
    public init(
        help: [String: String] = [:], buckets: [Double] = PrometheusMetrics.secondsBuckets, mostSeries: Int = 10_000
    ) {
        self.help = help
        self.buckets = Set(buckets.filter(\.isFinite)).sorted()
        self.mostSeries = mostSeries
    }

    /// All metrics, always in the same order.
    public func render() -> String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = family.help { text += "# HELP \(name) \(MetricText.escapedHelp(help))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, to: &text) }
        }
        return text
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, "", .gauge, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate {
            series(label, "", .histogram, dimensions) { HistogramSeries(self.buckets) } ?? NOOPMetricsHandler.instance
        } else {
            series(label, "", .gauge, dimensions) { GaugeSeries() } ?? NOOPMetricsHandler.instance
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, "_seconds", .histogram, dimensions) { HistogramSeries(self.buckets) } ?? NOOPMetricsHandler.instance
    }

    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    // MARK: series

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries? {
        series(label, "_total", .counter, dimensions) { CounterSeries() }
    }

    /// The series of a name and labels, made where there is none.
    /// - Returns: nil where there is no room for it.
    private func series<Series: MetricSeries>(
        _ label: String, _ suffix: String, _ kind: MetricKind, _ dimensions: [(String, String)], _ make: () -> Series
    ) -> Series? {
        var name = MetricText.name(label)
        if !name.hasSuffix(suffix) { name += suffix }
        let labels = MetricText.labels(dimensions)
        return state.withLock { state in
            if let known = state.families[name] {
                guard known.kind == kind else { return nil }
                if let series = known.series[labels] { return series as? Series }
            }
            guard state.series < mostSeries, kind.names(name).allSatisfy({ state.names[$0] ?? name == name }) else { return nil }
            for line in kind.names(name) { state.names[line] = name }
            let made = make()
            state.families[name, default: Family(kind: kind, help: help[label])].series[labels] = made
            state.series += 1
            return made
        }
    }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.series -= 1
                if family.series.count == 1 {
                    state.families[name] = nil
                    for line in family.kind.names(name) { state.names[line] = nil }
                }
                return
            }
        }
    }
}

/// The types of metrics, as Prometheus calls them.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram

    /// The names that the lines of such a metric have, and its own.
    func names(_ name: String) -> [String] {
        self == .histogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }
}
