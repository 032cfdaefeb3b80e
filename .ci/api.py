#!/usr/bin/env python3
"""Lists what libraries export, one item a line, as it is written in the source: `.ci/api.py target/doc/ssel.json`.

It reads the JSON that rustdoc writes about public items. An item of a private module is listed where a `pub use` exports it.
Traits that types have without an implementation of their own (Send, Unpin, From<T> for T) are not listed.
"""

import json
import os
import re
import sys

KINDS = {
    "function": "fn", "struct": "struct", "enum": "enum", "union": "union", "trait": "trait", "type_alias": "type",
    "constant": "const", "static": "static", "macro": "macro", "module": "mod", "struct_field": "field", "variant": "variant",
    "assoc_const": "const", "assoc_type": "type",
}  # fmt: skip


class Listing:
    def __init__(self, crate):
        self.index = crate["index"]
        self.name = self.item(crate["root"])["name"]
        self.sources = {}
        self.lines = set()
        self.seen = set()
        self.module(crate["root"], self.name)

    def item(self, id):
        return self.index.get(str(id))

    def module(self, id, path):
        for child in self.inner(self.item(id))["items"]:
            self.exported(self.item(child), path)

    def exported(self, item, path, name=None):
        """An item of a module, or one that a module re-exports under a name."""
        kind = next(iter(item["inner"]))
        if kind == "use":
            return self.use(self.inner(item), path)
        path = f"{path}::{name or item['name']}"
        if (item["id"], path) in self.seen:
            return
        self.seen.add((item["id"], path))
        if kind == "module":
            self.lines.add(f"mod {path}")
            return self.module(item["id"], path)
        self.add(item, path)
        self.members(item, kind, path)

    def use(self, use, path):
        target = self.item(use["id"]) if use["id"] is not None else None
        if target is None:
            self.lines.add(f"use {path}::{'*' if use['is_glob'] else use['name']} = {use['source']}")
        elif not use["is_glob"]:
            self.exported(target, path, use["name"])
        elif "module" in target["inner"]:
            self.module(target["id"], path)
        else:
            for variant in self.inner(target)["variants"]:
                self.exported(self.item(variant), path)

    def members(self, item, kind, path):
        inner = self.inner(item)
        if kind == "struct":
            struct = inner["kind"]
            members = struct["plain"]["fields"] if "plain" in struct else []
        else:
            members = inner.get("variants", []) + inner.get("items", []) if isinstance(inner, dict) else []
        for member in filter(None, map(self.item, members)):
            self.add(member, f"{path}::{member['name']}")
        for implementation in filter(None, map(self.item, inner.get("implementations", []))):
            if "generic" in self.inner(implementation)["for"]:
                self.lines.add(f"{self.header(implementation)} ({path})")
        traits = set()
        for implementation in filter(None, map(self.item, inner.get("impls", []))):
            traits.add(self.implementation(implementation, item, path))
        if traits := sorted(filter(None, traits)):
            self.lines.add(f"impl {path}: {', '.join(traits)}")

    def implementation(self, implementation, item, path):
        """The name of a trait; or the methods of the type itself become lines."""
        inner = self.inner(implementation)
        if inner["is_synthetic"] or inner["blanket_impl"] is not None:
            return None
        if inner["trait"]:
            if inner["for"].get("resolved_path", {}).get("id") != item["id"]:
                self.lines.add(self.header(implementation))
                return None
            name = inner["trait"]["path"] + arguments(inner["trait"]["args"])
            return None if name == "StructuralPartialEq" else name
        for member in filter(None, map(self.item, inner["items"])):
            if member["visibility"] == "public":
                self.add(member, f"{path}::{member['name']}")
        return None

    def header(self, implementation):
        return flat(self.source(implementation["span"]).split("{")[0]).strip()

    def add(self, item, path):
        kind = next(iter(item["inner"]))
        growing = "#[non_exhaustive] " if any("non_exhaustive" in str(attribute) for attribute in item["attrs"]) else ""
        self.lines.add(f"{growing}{KINDS.get(kind, kind)} {path}{self.signature(item, kind)}")

    def signature(self, item, kind):
        """What follows the name in the source, up to the body."""
        text = self.source(item["span"])
        if not text or kind == "macro":
            return ""
        after = re.search(rf"\b(?:r#)?{re.escape(item['name'])}\b", text)
        text = re.sub(r"\s*//.*", "", text[after.end() :]) if after and not item["name"].isdigit() else f"({text})"
        if kind == "enum":
            return re.match(r"\s*(<[^{]*)?", text)[0].rstrip()
        if kind in ("struct", "union"):
            tuple_fields = re.match(r"[^{;]*", text)[0]
            return flat(re.sub(r"\((?!\s*\)).*", "(..)", tuple_fields, flags=re.S))
        if kind in ("constant", "static", "assoc_const"):
            return flat(text.split("=")[0])
        if kind == "variant":
            return " { .. }" if text.lstrip().startswith("{") else flat(text)
        return flat(re.split(r"[{;]", text, maxsplit=1)[0])

    def source(self, span):
        if span is None or not os.path.exists(span["filename"]):
            return ""
        if span["filename"] not in self.sources:
            self.sources[span["filename"]] = open(span["filename"], encoding="utf-8").read().split("\n")
        (first, start), (last, end) = span["begin"], span["end"]
        lines = self.sources[span["filename"]][first - 1 : last]
        lines[-1] = lines[-1][: end]
        lines[0] = lines[0][max(start - 1, 0) :]
        return "\n".join(lines)

    @staticmethod
    def inner(item):
        return next(iter(item["inner"].values()))


def arguments(args):
    """The types in the angle brackets of a trait, by their names."""
    if not args or "angle_bracketed" not in args or not args["angle_bracketed"]["args"]:
        return ""
    return "<" + ", ".join(map(type_name, args["angle_bracketed"]["args"])) + ">"


def type_name(argument):
    kind, inner = next(iter(argument.items()))
    if kind == "type":
        return type_name(inner)
    if kind == "resolved_path":
        return inner["path"] + arguments(inner["args"])
    if kind == "borrowed_ref":
        return "&" + type_name(inner["type"])
    if kind == "slice":
        return f"[{type_name(inner)}]"
    if kind in ("generic", "primitive", "lifetime"):
        return inner
    return kind


def flat(text):
    text = re.sub(r"\s+", " ", text).strip().rstrip(",").strip()
    text = re.sub(r"([(<\[]) ", r"\1", text)
    text = re.sub(r",? ([)\]])", r"\1", text)
    return text if not text or text[0] in "(<:" else f" {text}"


def place(line):
    """Items in the order of their paths, each followed by its members."""
    path = re.search(r"\w+(::\w+)+", line)
    return (path[0].split("::") if path else [], line)


for file in sys.argv[1:]:
    with open(file, encoding="utf-8") as json_file:
        print("\n".join(sorted(Listing(json.load(json_file)).lines, key=place)))
