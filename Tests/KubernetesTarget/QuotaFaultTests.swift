import Kubernetes
import Testing

@testable import KubernetesTarget

@Suite struct QuotaFaultTests {
    @Test func whatAQuotaSaysIsUnderstood() {
        func excess(_ used: String, _ limited: String) -> String? {
            QuotaFault.excess(
                ClusterError(
                    .forbidden, "jobs.batch \"j\" is forbidden: exceeded quota: q, requested: count/jobs.batch=1,cpu=2, used: \(used), limited: \(limited)"))
        }
        #expect(excess("count/jobs.batch=5,cpu=1", "count/jobs.batch=3,cpu=1500m") == "ResourceQuota q is exceeded already: count/jobs.batch is 5 of 3")
        #expect(excess("count/jobs.batch=3,cpu=1500m", "count/jobs.batch=3,cpu=1.5") == nil)
        #expect(QuotaFault.excess(ClusterError(.forbidden, "denied")) == nil)
    }
}
