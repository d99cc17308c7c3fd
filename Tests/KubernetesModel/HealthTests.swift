import KubernetesModel
import Testing

/// The cases are those of kstatus (cli-utils, `pkg/kstatus/status/status_compute_test.go`) and what differs from it
/// on purpose.
@Suite struct HealthTests {
    private static let now: Int64 = 1_700_000_000  // 2023-11-14T22:13:20Z

    static let cases: [(String, Health)] = [
        // generic
        ("{apiVersion: x/v1, kind: W, metadata: {generation: 1}}", .current),
        ("{apiVersion: x/v1, kind: W, metadata: {generation: 2}, status: {observedGeneration: 1}}", .inProgress("generation 2 is not yet observed, but 1")),
        ("{apiVersion: x/v1, kind: W, metadata: {generation: 1}, status: {conditions: [{type: Ready, status: 'True'}]}}", .current),
        (
            "{apiVersion: x/v1, kind: W, status: {conditions: [{type: Ready, status: 'False', reason: NotReadyYet, message: \"wait\\nmore\"}]}}",
            .inProgress("NotReadyYet: wait more")
        ),
        ("{apiVersion: x/v1, kind: W, status: {conditions: [{type: Ready, status: Unknown}]}}", .inProgress("the condition Ready is Unknown")),
        (
            "{apiVersion: x/v1, kind: W, metadata: {generation: 2}, status: {conditions: [{type: Ready, status: 'True', observedGeneration: 1}]}}",
            .inProgress("the condition Ready is of an earlier generation")
        ),
        ("{apiVersion: x/v1, kind: W, status: {conditions: [{type: Other, status: 'False'}]}}", .current),
        (
            "{apiVersion: x/v1, kind: W, status: {conditions: [{type: Ready, status: 'True'}, {type: Reconciling, status: 'True', reason: R}]}}",
            .inProgress("R")
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, status: {conditions: [{type: Stalled, status: 'True', reason: R, message: m}]}}",
            .failed("R: m")
        ),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {deletionTimestamp: '2023-01-01T00:00:00Z'}}", .terminating("being deleted")),
        (
            "{apiVersion: v1, kind: Secret, metadata: {deletionTimestamp: '2023-01-01T00:00:00Z', finalizers: [a/b, c]}}",
            .terminating("being deleted, held by the finalizers a/b, c")
        ),
        // Deployment
        ("{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}}", .inProgress("nobody has looked at it yet")),
        ("{apiVersion: apps/v1, kind: Deployment}", .inProgress("0 of 1 replicas are created")),
        (deployment("updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, replicas: 3"), .current),
        (deployment("updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3, replicas: 3"), .inProgress("1 of 3 replicas are updated")),
        (deployment("updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, replicas: 4"), .inProgress("1 replica is to end")),
        (deployment("updatedReplicas: 3, readyReplicas: 3, availableReplicas: 2, replicas: 3"), .inProgress("2 of 3 replicas are available")),
        (deployment("updatedReplicas: 3, readyReplicas: 2, availableReplicas: 3, replicas: 3"), .inProgress("2 of 3 replicas are ready")),
        (
            deployment("updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, replicas: 3", "{type: Progressing, status: 'True', reason: NewReplicaSetAvailable}"),
            .inProgress("the deployment is not available yet")
        ),
        (
            deployment("replicas: 3", "{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: too slow}"),
            .failed("ProgressDeadlineExceeded: too slow")
        ),
        (
            deployment("replicas: 1, updatedReplicas: 1", "{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: quota}"),
            .inProgress("1 of 3 replicas are created: FailedCreate: quota")
        ),
        (
            """
            {apiVersion: apps/v1, kind: Deployment, spec: {progressDeadlineSeconds: 45}, status: {replicas: 1, updatedReplicas: 1,
            readyReplicas: 1, availableReplicas: 1, conditions: [{type: Progressing, status: 'False', reason: Slow},
            {type: Available, status: 'True'}]}}
            """, .inProgress("Slow")
        ),
        // StatefulSet
        ("{apiVersion: apps/v1, kind: StatefulSet, metadata: {generation: 1}, spec: {replicas: 0}}", .inProgress("nobody has looked at it yet")),
        ("{apiVersion: apps/v1, kind: StatefulSet, status: {currentReplicas: 1}}", .inProgress("0 of 1 replicas are created")),
        (statefulSet("currentReplicas: 4, readyReplicas: 4, replicas: 4"), .current),
        (statefulSet("currentReplicas: 4, readyReplicas: 2, replicas: 4"), .inProgress("2 of 4 replicas are ready")),
        (statefulSet("currentReplicas: 2, readyReplicas: 4, replicas: 4"), .inProgress("2 of 4 replicas are current")),
        (statefulSet("currentReplicas: 4, readyReplicas: 4, replicas: 8"), .inProgress("4 replicas are to end")),
        (statefulSet("currentReplicas: 4, readyReplicas: 4, replicas: 4, updatedReplicas: 1, currentRevision: a, updateRevision: b"), .inProgress("1 of 4 replicas are updated")),
        (statefulSet("readyReplicas: 0, replicas: 0", "{type: OnDelete}"), .current),
        (statefulSet("readyReplicas: 4, replicas: 4, updatedReplicas: 1", "{rollingUpdate: {partition: 2}}"), .inProgress("1 of 2 replicas are updated")),
        (statefulSet("readyReplicas: 4, replicas: 4, updatedReplicas: 2, currentRevision: a, updateRevision: b", "{rollingUpdate: {partition: 2}}"), .current),
        (statefulSet("readyReplicas: 4, replicas: 4, updatedReplicas: 4, currentRevision: a, updateRevision: a", "{rollingUpdate: {partition: 0}}"), .current),
        // DaemonSet
        ("{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}}", .inProgress("nobody has looked at it yet")),
        ("{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, status: {observedGeneration: 1}}", .inProgress("nobody has looked at it yet")),
        (daemonSet("4, updatedNumberScheduled: 4, numberAvailable: 4, numberReady: 4"), .current),
        (daemonSet("4, updatedNumberScheduled: 4, numberAvailable: 4, numberReady: 2"), .inProgress("2 of 4 pods are ready")),
        (daemonSet("4, updatedNumberScheduled: 4, numberAvailable: 2, numberReady: 4"), .inProgress("2 of 4 pods are available")),
        (daemonSet("4, updatedNumberScheduled: 1, numberAvailable: 4, numberReady: 4"), .inProgress("1 of 4 pods are updated")),
        (daemonSet("4, updatedNumberScheduled: 1, numberAvailable: 4, numberReady: 4", "OnDelete"), .current),
        (daemonSet("3"), .inProgress("3 of 4 pods are scheduled")),
        // ReplicaSet
        ("{apiVersion: apps/v1, kind: ReplicaSet}", .inProgress("0 of 1 replicas are labelled")),
        (replicaSet("replicas: 2, readyReplicas: 2, availableReplicas: 2, fullyLabeledReplicas: 2"), .current),
        (replicaSet("replicas: 2, readyReplicas: 1, availableReplicas: 2, fullyLabeledReplicas: 2"), .inProgress("1 of 2 replicas are ready")),
        (replicaSet("replicas: 2, readyReplicas: 2, availableReplicas: 1, fullyLabeledReplicas: 2"), .inProgress("1 of 2 replicas are available")),
        (replicaSet("replicas: 3, readyReplicas: 2, availableReplicas: 2, fullyLabeledReplicas: 2"), .inProgress("1 replica is to end")),
        (replicaSet("conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate}]"), .inProgress("FailedCreate")),
        // Job
        ("{apiVersion: batch/v1, kind: Job}", .inProgress("the job has not started yet")),
        ("{apiVersion: batch/v1, kind: Job, status: {succeeded: 1, conditions: [{type: Complete, status: 'True'}]}}", .current),
        ("{apiVersion: batch/v1, kind: Job, status: {failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]}}", .failed("BackoffLimitExceeded")),
        ("{apiVersion: batch/v1, kind: Job, spec: {suspend: true}}", .current),
        (
            "{apiVersion: batch/v1, kind: Job, spec: {completions: 10}, status: {startTime: x, succeeded: 3, failed: 1, conditions: [{type: Failed, status: 'False'}]}}",
            .inProgress("3 of 10 completions are done, 1 failed")
        ),
        // Pod
        ("{apiVersion: v1, kind: Pod}", .inProgress("nobody has looked at it yet")),
        ("{apiVersion: v1, kind: Pod, status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}}", .current),
        ("{apiVersion: v1, kind: Pod, status: {phase: Succeeded, conditions: [{type: Ready, status: 'False'}]}}", .current),
        ("{apiVersion: v1, kind: Pod, status: {phase: Failed, reason: Evicted, message: low on memory}}", .failed("Evicted: low on memory")),
        ("{apiVersion: v1, kind: Pod, status: {phase: Failed, containerStatuses: [{name: a, state: {terminated: {exitCode: 2}}}]}}", .failed("container a exited with code 2")),
        ("{apiVersion: v1, kind: Pod, status: {phase: Pending}}", .inProgress("the pod is pending")),
        (unscheduled("2023-11-14T22:13:10Z"), .inProgress("the pod is pending")),
        (unscheduled("2023-11-14T22:13:00Z"), .failed("Unschedulable: 0/3 nodes are available")),
        (waiting("CrashLoopBackOff", "lastState: {terminated: {exitCode: 137, reason: OOMKilled}}"), .failed("CrashLoopBackOff: container app exited with code 137 (OOMKilled)")),
        (waiting("CrashLoopBackOff", "restartCount: 3"), .failed("CrashLoopBackOff: back-off")),
        (waiting("ImagePullBackOff", "restartCount: 0"), .failed("ImagePullBackOff: back-off")),
        (waiting("CreateContainerConfigError", "restartCount: 0"), .inProgress("CreateContainerConfigError: back-off")),
        (waiting("ContainerCreating", "restartCount: 0"), .inProgress("the pod is pending")),
        // PersistentVolumeClaim
        ("{apiVersion: v1, kind: PersistentVolumeClaim}", .inProgress("the claim is not bound: nobody has looked at it yet")),
        ("{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}}", .inProgress("the claim is not bound: pending")),
        ("{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Bound}}", .current),
        ("{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Lost}}", .failed("the volume of the claim is lost")),
        // Service
        ("{apiVersion: v1, kind: Service}", .current),
        ("{apiVersion: v1, kind: Service, spec: {type: NodePort}}", .current),
        ("{apiVersion: v1, kind: Service, spec: {type: LoadBalancer, clusterIP: 1.2.3.4}}", .inProgress("the load balancer has no address yet")),
        ("{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}}", .current),
        // CustomResourceDefinition
        ("{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}", .inProgress("the definition is not yet established")),
        (definition("{type: Established, status: 'False', reason: Installing}"), .inProgress("the definition is not yet established")),
        (definition("{type: NamesAccepted, status: 'False', reason: ListKindConflict}"), .failed("ListKindConflict")),
        (definition("{type: Established, status: 'False', reason: NotAccepted}"), .failed("NotAccepted")),
        (definition("{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}"), .current),
        // others
        ("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {generation: 2}, status: {observedGeneration: 1}}", .inProgress("generation 2 is not yet observed, but 1")),
        ("{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {generation: 1}, status: {observedGeneration: 1}}", .current),
        ("{apiVersion: batch/v1, kind: CronJob, metadata: {generation: 1}, status: null}", .current),
        ("{apiVersion: apiregistration.k8s.io/v1, kind: APIService, status: {conditions: [{type: Available, status: 'False', reason: MissingEndpoints}]}}", .inProgress("MissingEndpoints")),
    ]

    @Test(arguments: cases) func judges(_ object: String, _ health: Health) {
        #expect(HealthRules.health(of: yaml(object), now: Self.now) == health, "\(object)")
    }

    @Test func aClaimThatAwaitsItsConsumerIsCurrent() {
        let claim = yaml("{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Pending}}")
        let storageClass = yaml("{kind: StorageClass, volumeBindingMode: WaitForFirstConsumer}")
        #expect(HealthRules.health(of: claim, now: Self.now, storageClass: storageClass) == .current)
        var selected = claim
        selected.set("metadata", "annotations", "volume.kubernetes.io/selected-node", to: "n")
        #expect(HealthRules.health(of: selected, now: Self.now, storageClass: storageClass) == .inProgress("the claim is not bound: pending"))
    }

    @Test func saysWhyAPodIsNotReady() {
        let running = "{apiVersion: v1, kind: Pod, status: {phase: Running, conditions: [{type: Ready, status: 'False', reason: ContainersNotReady, message: app}]}}"
        #expect(HealthRules.reason(ofPod: yaml(running), now: Self.now) == "ContainersNotReady: app")
        #expect(HealthRules.reason(ofPod: yaml(Self.unscheduled("2023-11-14T22:13:10Z")), now: Self.now) == nil)
        #expect(HealthRules.reason(ofPod: yaml("{kind: Pod, status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}}"), now: Self.now) == nil)
        let initial = "{kind: Pod, status: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: ErrImagePull, message: no such image}}}]}}"
        #expect(HealthRules.reason(ofPod: yaml(initial), now: Self.now) == "ErrImagePull: no such image")
    }

    private static func deployment(_ status: String, _ condition: String = "{type: Available, status: 'True'}") -> String {
        "{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}, spec: {replicas: 3}, status: {observedGeneration: 1, \(status), conditions: [\(condition)]}}"
    }

    private static func statefulSet(_ status: String, _ strategy: String = "{}") -> String {
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {generation: 1}, spec: {replicas: 4, updateStrategy: \(strategy)}, status: {observedGeneration: 1, \(status)}}"
    }

    private static func daemonSet(_ status: String, _ strategy: String = "RollingUpdate") -> String {
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, spec: {updateStrategy: {type: \(strategy)}}, status: {observedGeneration: 1, desiredNumberScheduled: 4, currentNumberScheduled: \(status)}}"
    }

    private static func replicaSet(_ status: String) -> String {
        "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {generation: 1}, spec: {replicas: 2}, status: {observedGeneration: 1, \(status)}}"
    }

    private static func unscheduled(_ created: String) -> String {
        "{apiVersion: v1, kind: Pod, metadata: {creationTimestamp: '\(created)'}, status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: 0/3 nodes are available}]}}"
    }

    private static func waiting(_ reason: String, _ more: String) -> String {
        "{apiVersion: v1, kind: Pod, status: {phase: Pending, containerStatuses: [{name: app, state: {waiting: {reason: \(reason), message: back-off}}, \(more)}]}}"
    }

    private static func definition(_ conditions: String) -> String {
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {conditions: [\(conditions)]}}"
    }
}
