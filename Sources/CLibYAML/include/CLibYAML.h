#ifndef GIT_OPS_CLIBYAML_H
#define GIT_OPS_CLIBYAML_H
#include <yaml.h>
#endif
