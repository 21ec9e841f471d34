#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Only lib/media, and lib/fs through it, knows the numbers of the format: an offset, a size or a field
# name that is spelled elsewhere goes on meaning the old layout when the format changes. The command
# line takes them from famfs_inspect.h.
#
# Exceptions, since the words mean something else or lie where two parts meet:
#   omf_major and omf_minor are members of famfs.h and keys of JSON;
#   lib/server uses OMF_LOG_OFFSET as the border between .meta/.superblock and .meta/.log (meta.c,
#     node.c), and OMF_PATH_SIZE and OMF_UUID_SIZE as sizes of buffers.
. "$(dirname "$0")/common.bash"

# Names of fields as the format's description has them, and the sizes of the structures.
names='"(ts|dd|fm|md|se|ie|fmap|famfs_log)_[a-z_]+"'
numbers='\b(0x200000|0x800000|2097152|8388608|0x87b282ff|0xbadcafef00d|544|536)\b'
# 48 and 200 are also widths of columns: not where something is computed with them.
sizes='#define [A-Z_]*(HEADER|SUPER|ENTRY|LOG)[A-Z_]* +(48|200|544)\b|\b(48|200) *[+*] *[a-z]+[.>-]*(published|entr|index)'

report()
{
	local pattern=$1 what=$2
	shift 2
	finding_each "$what" < <(grep -nHE -- "$pattern" "$@" | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)' || true)
}

mapfile -t cli < <(c_files | grep '^cli/')
mapfile -t server < <(c_files | grep '^lib/server/')
mapfile -t device < <(c_files | grep '^lib/device/')
report "$names|$numbers|$sizes|\bOMF_|\bomf_[a-z_]+\(" "a number or name of the format" "${cli[@]}"
report "$numbers|$sizes|\b(OMF|omf)_" "a number of the format" "${device[@]}"
report "$numbers|$sizes|\bomf_|\bOMF_(LOG_LENGTH|LOG_MAGIC|SUPER|ALLOC|MAX|MODE|DEVICE|CACHE|NAME|MAJOR|MINOR|FLAG|HEADER|ENTRY|FILE|MKDIR|DELETE|ADD|INVALID|SIMPLE|INTERLEAVE)" \
	"a number of the format" "${server[@]}"
finish
