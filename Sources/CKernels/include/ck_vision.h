#ifndef CK_VISION_H
#define CK_VISION_H

#include <stddef.h>
#include <stdint.h>

#endif
