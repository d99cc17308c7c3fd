#include "CSchemas.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

// In the read-only segment: a page of it costs nothing until it is looked at.
static const unsigned char kubernetes_schemas[] __attribute__((aligned(16))) = {
#embed "kubernetes.schemas"
};

const void *git_ops_kubernetes_schemas(size_t *size) {
    *size = sizeof kubernetes_schemas;
    return kubernetes_schemas;
}
