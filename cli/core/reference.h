/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the reference implementation's command of the same name that mean nothing here, and
 * are taken so that its users' scripts go on. docs/REFERENCE-USERS.md says of each why.
 */
#ifndef CLI_CORE_REFERENCE_H
#define CLI_CORE_REFERENCE_H

#include "core/command.h"

/* Without a value. */
#define REFERENCE_IGNORED(long_name, letter)                                                       \
	{                                                                                          \
		long_name, letter, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_ignored, 0, \
			NULL, NULL                                                                 \
	}

/* With one, which the command's take_option() is given. */
#define REFERENCE_HIDDEN(long_name, letter, val)                                                   \
	{                                                                                          \
		long_name, letter, POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, NULL, val, NULL,     \
			NULL                                                                       \
	}

extern int reference_ignored;

/* How the log is to be read, which follows from the device here. They exclude each other. */
#define REFERENCE_READING                                                                          \
	{ "mmap", 'm', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_mmap, 0, NULL, NULL },  \
	{                                                                                          \
		"read", 'r', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_read, 0, NULL,    \
			NULL                                                                       \
	}

extern int reference_mmap, reference_read;

/* Whether at most one of them was given: EXIT_DONE, or EXIT_USAGE after reporting. */
int reference_check_reading(void);

/* The most threads that the reference implementation takes. */
#define REFERENCE_MAX_THREADS 256

#endif
