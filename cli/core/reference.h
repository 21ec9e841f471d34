/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the reference implementation that have no effect here. They are accepted so that
 * existing scripts work; docs/REFERENCE-USERS.md gives the reason for each.
 */
#ifndef CLI_CORE_REFERENCE_H
#define CLI_CORE_REFERENCE_H

#include "core/command.h"

/* An option without a value. */
#define REFERENCE_IGNORED(long_name, letter)                                                       \
	{                                                                                          \
		long_name, letter, POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_ignored, 0, \
			NULL, NULL                                                                 \
	}

/* An option with a value, which is passed to take_option() of the command. */
#define REFERENCE_HIDDEN(long_name, letter, val)                                                   \
	{                                                                                          \
		long_name, letter, POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, NULL, val, NULL,     \
			NULL                                                                       \
	}

extern int reference_ignored;

/* How to read the log, which the device decides here. The two exclude each other. */
#define REFERENCE_READING                                                                          \
	{ "mmap", 'm', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_mmap, 0, NULL, NULL },  \
	{                                                                                          \
		"read", 'r', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &reference_read, 0, NULL,    \
			NULL                                                                       \
	}

extern int reference_mmap, reference_read;

/* Refuses both together. Returns EXIT_DONE, or EXIT_USAGE after reporting. */
int reference_check_reading(void);

/* The most threads that the reference implementation takes. */
#define REFERENCE_MAX_THREADS 256

#endif
