"""Nothing that is shown can become markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from waglan.pages.markup import Markup, Text, join, tag


class Seen(HTMLParser):
    """What a parser finds: tags with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(markup: str) -> Seen:
    seen = Seen()
    seen.feed(markup)
    seen.close()
    return seen


plain = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=40)


@given(plain, plain, plain, plain)
def test_any_text_comes_back_as_it_was(en: str, hant: str, hans: str, title: str) -> None:
    seen = parse(tag("p", Text(en, hant, hans), title=title))
    assert seen.text == en
    ((name, attributes),) = seen.tags
    found = dict(attributes)
    assert name == "p"
    assert found["title"] == title
    if len({en, hant, hans}) > 1:
        assert found["data-h"] == hant
        assert found.get("data-s", found["data-h"]) == hans


def test_a_text_among_others_gets_an_element_of_its_own() -> None:
    assert tag("p", "a<", Text("b", "乙", "乙")) == '<p>a&lt;<span data-h="乙">b</span></p>'


def test_markup_passes_and_plain_text_does_not() -> None:
    assert join(Markup("<b>"), "<b>", None) == "<b>&lt;b&gt;"


def test_attributes() -> None:
    assert (
        tag("td", "", class_="num", data_v=3, hidden=True, title=None, open=False)
        == '<td class="num" data-v="3" hidden></td>'
    )
    assert tag("rect", x=1) == '<rect x="1"/>'
    assert tag("meta", name="n", content='"') == '<meta name="n" content="&quot;">'
