#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py [--check] FOLDER: judges JSON documents of famfsctl, one after the other on standard input.

Each is held against FOLDER/NAME.json, where NAME is from its own "schema" member. Prints the names
of the schemas that were met, each once. The schemas have to be strict: an object allows no member
that it does not name, and requires what it names, but for *_hex and for a member whose description
begins with "only ...". --check looks at all of the schemas, and at no document.
"""
import json
import os
import sys

import jsonschema


def fail(text):
    sys.exit("schema.py: " + text)


def is_optional(key, value):
    return key.endswith("_hex") or value.get("description", "").startswith("only ")


def check_strict(name, node, where="#"):
    if isinstance(node, list):
        for i, item in enumerate(node):
            check_strict(name, item, "%s/%d" % (where, i))
    if not isinstance(node, dict):
        return
    if "properties" in node:
        if node.get("additionalProperties") is not False:
            fail("%s: %s allows members without a name" % (name, where))
        named = {key for key, value in node["properties"].items() if not is_optional(key, value)}
        if named != set(node["required"]):
            fail("%s: %s does not require all that it names" % (name, where))
    for key, value in node.items():
        check_strict(name, value, "%s/%s" % (where, key))


def load(folder, name):
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    check_strict(name, schema)
    return validator(schema)


def documents(text):
    decoder = json.JSONDecoder(parse_constant=fail)
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        document, at = decoder.raw_decode(text, at)
        yield document


def main():
    folder = sys.argv[-1]
    known = sorted(file[:-5] for file in os.listdir(folder) if file.endswith(".json"))
    if sys.argv[1] == "--check":
        for name in known:
            load(folder, name)
        return
    validators = {}
    text = sys.stdin.buffer.read().decode("utf-8", "strict")
    for document in documents(text):
        name = document.get("schema", "").removeprefix("famfsctl.").removesuffix("/1")
        if name not in known:
            fail("no schema for %r" % document.get("schema"))
        if name not in validators:
            validators[name] = load(folder, name)
        error = jsonschema.exceptions.best_match(validators[name].iter_errors(document))
        if error:
            fail("%s: %s: %s" % (name, error.json_path, error.message))
    print("\n".join(sorted(validators)))


main()
