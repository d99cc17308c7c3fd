import CoreMetrics
import Synchronization

/// What is known of one name with one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Writes its lines.
    /// - Parameter labels: as `MetricText.labels` gives them.
    func write(_ name: String, _ labels: String, to text: inout String)
}

/// A number that only grows.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(_ name: String, _ labels: String, to text: inout String) {
        MetricText.writeLine(name, labels, value.withLock { $0 }, to: &text)
    }
}

/// A number that goes up and down.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(_ name: String, _ labels: String, to text: inout String) {
        MetricText.writeLine(name, labels, value.withLock { $0 }, to: &text)
    }
}

/// How many values were how large.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private let bounds: [Double]
    private let state: Mutex<(counts: [UInt64], sum: Double)>

    /// - Parameter bounds: the upper bounds of the buckets, ascending, without infinity.
    init(_ bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(([UInt64](repeating: 0, count: bounds.count + 1), 0))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // It would make the sum one for ever.
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func write(_ name: String, _ labels: String, to text: inout String) {
        let (counts, sum) = state.withLock { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (count, bound) in zip(counts, bounds + [.infinity]) {
            total += count
            MetricText.writeLine(name + "_bucket", "\(before)le=\"\(MetricText.number(bound))\"", Double(total), to: &text)
        }
        MetricText.writeLine(name + "_sum", labels, sum, to: &text)
        MetricText.writeLine(name + "_count", labels, Double(total), to: &text)
    }
}
