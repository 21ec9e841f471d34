/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands, in the order of the help. commands/NAME.c defines cmd_NAME.
 *
 * This is the one list of them: core/command.c makes its table from it, and meson.build reads the
 * names of the sources and of the manual pages here, so each line holds one entry and nothing else.
 * COMMAND has a page, docs/man/famfsctl-NAME.8.scd, with "-" for each "_" of the name.
 * UNLISTED_COMMAND has none, and is left out of the help and of completion.
 *
 * There is no include guard: each includer defines the two macros, which are undefined below.
 */
COMMAND(mkfs)
COMMAND(mount)
COMMAND(umount)
COMMAND(creat)
COMMAND(mkdir)
COMMAND(cp)
COMMAND(ls)
COMMAND(cat)
COMMAND(stat)
COMMAND(verify)
COMMAND(dump_fmap)
COMMAND(dump_super)
COMMAND(dump_log)
COMMAND(info)
COMMAND(usage)
COMMAND(map)
COMMAND(list)
COMMAND(doctor)
COMMAND(wait)
COMMAND(fsck)
COMMAND(check)
COMMAND(flush)
COMMAND(chkread)
COMMAND(takeover)
COMMAND(reset_mode)
UNLISTED_COMMAND(help)
UNLISTED_COMMAND(complete)
UNLISTED_COMMAND(getmap)
UNLISTED_COMMAND(logplay)
UNLISTED_COMMAND(mkmeta)
UNLISTED_COMMAND(udev)

#undef COMMAND
#undef UNLISTED_COMMAND
