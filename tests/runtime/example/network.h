/* The header of the example's network, in the form that octet compile writes. */
#ifndef OCTET_NETWORK_H
#define OCTET_NETWORK_H

#include <octet/octet.h>

extern const octet_library octet_network_library;

#endif
