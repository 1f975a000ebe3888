#ifndef CK_DISTANCE_H
#define CK_DISTANCE_H

#include <stddef.h>
#include <stdint.h>

#endif
