"""Markup that cannot be broken by what it shows: text is escaped on its way in, and there is no other way in.

`tag` builds HTML and SVG alike. A child is plain text (escaped), a `Text` in three scripts, or Markup made here. A Text
becomes its English with the two Chinese forms beside it as attributes (the second only where it differs): a page needs
no catalogue to change its language, each element can be read and tested alone, and without JavaScript English stands.
"""

from html import escape
from typing import Final, NamedTuple


class Text(NamedTuple):
    """One thing said in English, Traditional Chinese (Hong Kong) and Simplified Chinese (mainland)."""

    en: str
    zh_hant: str
    zh_hans: str


class Markup(str):
    """A string that is already markup."""

    __slots__ = ()


Child = str | Text | Markup | None

VOID: Final = frozenset({"meta", "br", "hr", "input", "link"})
SHAPES: Final = frozenset({"path", "line", "rect", "circle", "polygon"})
"""Elements of SVG that close themselves when they hold nothing: a page draws some ten thousand of them."""


def same(text: str) -> Text:
    """What reads alike in all three: a code, a token, a hash."""
    return Text(text, text, text)


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """One element. `class_` is class, underscores in names become hyphens; None and False leave an attribute out."""
    if len(children) == 1 and isinstance(children[0], Text):
        text = children[0]
        return Markup(f"<{name}{_attributes(attributes)}{_scripts(text)}>{escape(text.en)}</{name}>")
    opened = f"<{name}{_attributes(attributes)}>"
    if name in VOID:
        assert not children, f"<{name}> holds nothing"
        return Markup(opened)
    if name in SHAPES and not children:
        return Markup(f"{opened[:-1]}/>")
    return Markup(f"{opened}{''.join(map(_child, children))}</{name}>")


def join(*children: Child) -> Markup:
    """Children one after the other, without an element around them."""
    return Markup("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, Text):
        return escape(child.en) if len(set(child)) == 1 else tag("span", child)
    return escape(child)


def _scripts(text: Text) -> str:
    if len(set(text)) == 1:
        return ""
    simplified = f' data-s="{escape(text.zh_hans)}"' if text.zh_hans != text.zh_hant else ""
    return f' data-h="{escape(text.zh_hant)}"{simplified}'


def _attributes(attributes: dict[str, str | int | bool | None]) -> str:
    written = []
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {name}")
        elif value is not None and value is not False:
            written.append(f' {name}="{escape(str(value))}"')
    return "".join(written)
