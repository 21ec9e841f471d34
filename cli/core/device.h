/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing devices by their paths. */
#ifndef CLI_CORE_DEVICE_H
#define CLI_CORE_DEVICE_H

#include <stdbool.h>

/* Whether two paths name one device node or image. */
bool same_device(const char *a, const char *b);

#endif
