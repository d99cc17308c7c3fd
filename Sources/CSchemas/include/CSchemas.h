#ifndef GIT_OPS_CSCHEMAS_H
#define GIT_OPS_CSCHEMAS_H

#include <stddef.h>

/// The schemas of Kubernetes' own kinds, as `generate` wrote them; 16-byte aligned.
const void *git_ops_kubernetes_schemas(size_t *size);

#endif
