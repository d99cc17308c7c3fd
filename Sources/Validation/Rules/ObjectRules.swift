/// The rules for kinds of objects, but for metadata and pods.
enum ObjectRules {
    static let tables: [[Rule]] = [
        WorkloadRules.all, JobRules.all, ServiceRules.all, IngressRules.all, NetworkRules.all, AccessRules.all, ScalingRules.all, StorageRules.all,
        ConfigurationRules.all, QuotaRules.all, ClusterRules.all, AdmissionRules.all, FlowControlRules.all, DeviceRules.all,
    ]
}
