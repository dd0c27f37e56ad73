#!/usr/bin/env python3
"""What Doxygen reads of a header. In these headers a docstring speaks for all declarations under
it, up to a blank line or the next docstring, so it is repeated for each of them; and what only the
compiler calls is left out. Line numbers stay right.

Usage: filter.py HEADER
"""

import re
import sys

DOC = re.compile(r"^\s*/// ?(.*)$")
LEFT_OUT = re.compile(r"= (?:delete|default);|~\w+\(|^\s*friend |"
                      r"\b(?:await_ready|await_suspend|await_resume|get_return_object)\(")
OWN_DOC = re.compile(r"///<")
ENDS = re.compile(r"[;}{,:]\s*(?://.*)?$|^\s*(?:#|$)|^\s*\w+,?\s+///<")
CONTINUES = (" ", "}", ")", ":", "#", "//", "public:", "protected:", "private:")
INNER = re.compile(r"^namespace (?:detail|codec) \{")


def filtered(lines):
    out = []
    doc = []         # the docstring that speaks here
    margin = -1      # how far its declarations are indented
    heard = True     # somebody has it already
    ended = True     # no declaration is open
    inside = False   # between the lines of a docstring
    depth = 0        # of braces, among names that are not for applications
    for line in lines:
        if depth or INNER.match(line):
            depth += line.count("{") - line.count("}")
            out.append("")
            continue
        here = len(line) - len(line.lstrip())
        found = DOC.match(line)
        if found:
            doc = doc + [found[1]] if inside else [found[1]]
            margin, heard, inside = here, False, True
            out.append(line)
            continue
        inside = False
        if not line.strip() or here < margin:
            doc, margin = [], -1
        starts = ended and line.strip() and not line[here:].startswith(CONTINUES)
        if starts and LEFT_OUT.search(line):
            out.append("/** @private */ " + line)
        elif starts and doc and here == margin and heard and not OWN_DOC.search(line):
            out.append(f"/** {' '.join(doc)} */ {line}")
        else:
            out.append(line)
        heard = heard or (starts and here == margin)
        ended = bool(ENDS.search(line))
    # Doxygen takes the docstring of the next line for more of a `///<`.
    return [re.sub(r"///< (.*)", r"/**< \1 */", line) for line in out]


with open(sys.argv[1], encoding="utf-8") as header:
    print("\n".join(filtered(header.read().split("\n"))), end="")
