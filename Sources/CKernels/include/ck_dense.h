#ifndef CK_DENSE_H
#define CK_DENSE_H

#include <stddef.h>
#include <stdint.h>

#endif
