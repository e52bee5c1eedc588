"""The whole file: it needs nothing, allows nothing, and says so itself."""

import base64
import hashlib
import re

from waglan.pages.markup import Text, tag
from waglan.pages.page import page, section
from waglan.pages.words import CATALOGUE

A = Text("A", "甲", "甲")
TITLE, DESK = Text("T<", "題", "题"), Text("desk", "組", "组")
PAGE = page(TITLE, DESK, [("a", A)], section("a", A, tag("p", "x")))


def test_nothing_outside_is_named() -> None:
    assert not re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!#)[^"']*["']""", PAGE)
    assert "url(" not in PAGE
    assert "@import" not in PAGE
    assert "http://" not in PAGE
    assert "https://" not in PAGE


def test_the_policy_names_the_digests_of_what_is_there() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', PAGE)
    assert policy is not None
    allowed = policy[1].replace("&#x27;", "'")
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    for name in ("style", "script"):
        body = re.search(rf"<{name}>(.*?)</{name}>", PAGE, re.S)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in allowed


def test_no_style_attribute_that_the_policy_would_refuse() -> None:
    assert " style=" not in PAGE


def test_script_and_style_do_not_end_early() -> None:
    assert PAGE.count("</script>") == 2
    assert PAGE.count("</style>") == 1


def test_it_opens_in_english_and_carries_the_others() -> None:
    assert PAGE.startswith('<!doctype html>\n<html lang="en">')
    assert '<title data-h="題" data-s="题">T&lt;</title>' in PAGE
    for code in ("en", "zh-Hant", "zh-Hans"):
        assert f'data-language="{code}" lang="{code}"' in PAGE


def test_the_script_can_say_what_it_says() -> None:
    script = PAGE.rsplit("<script>", 1)[1]
    said = set(re.findall(r'say\("(js\.\w+)"', script)) | set(re.findall(r'"(js\.\w+)"', script))
    assert said == {key for key in CATALOGUE if key.startswith("js.")}
