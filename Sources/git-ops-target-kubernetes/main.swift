import Glibc
import KubernetesTarget

exit(await KubernetesTarget.run())
