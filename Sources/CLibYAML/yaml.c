/* The shim has no code of its own: the header makes libyaml a module. */
#include "CLibYAML.h"
