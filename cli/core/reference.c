/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reference.h"
#include "core/report.h"

int reference_ignored, reference_mmap, reference_read;

int reference_check_reading(void)
{
	if (reference_mmap && reference_read)
		return report_usage("--mmap and --read exclude each other");
	return EXIT_DONE;
}
